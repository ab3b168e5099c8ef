import type { EndpointHeaders } from '@zephyr/runtime/config/derived/endpoint-headers';
import { credentialsOf } from '@zephyr/runtime/credential';

/** The headers of an endpoint configured with only a token. */
export function bearer(token: string): EndpointHeaders {
  return { lines: credentialsOf(token, 'bearer'), secrets: [token] };
}
