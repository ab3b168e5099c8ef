/** The headers sent to an endpoint, by probes and by the data path alike. */
import { credentialsOf, type HeaderLine } from '../../credential.ts';
import type { EndpointConfig, LoadedConfig } from '../config.ts';

export interface EndpointHeaders {
  /** Credentials and the configured headers. Some are secret: never logged. */
  readonly lines: readonly HeaderLine[];
  /** The secret values, to be redacted from the endpoint's answers. */
  readonly secrets: readonly string[];
}

export function endpointHeadersOf(
  { secrets }: Pick<LoadedConfig, 'secrets'>,
  { id, groupName, auth, headers }: EndpointConfig,
): EndpointHeaders {
  const token = secrets.groupTokens.get(groupName)?.reveal();
  if (token === undefined) throw new Error(`group ${groupName} has no token`);
  const hidden = [...(secrets.endpointHeaders.get(id) ?? [])].map(
    ([name, value]) => [name, value.reveal()] as const,
  );
  // Each name once: a group and its endpoint may both set it, one of them as a secret.
  const named = new Map(
    [...(headers ?? []), ...hidden].map(([name, value]) => [name.toLowerCase(), value]),
  );
  const lines = [...named].map(([name, value]) => ({ name, value }));
  return {
    lines: [...lines, ...credentialsOf(token, auth)],
    secrets: [token, ...hidden.map(([, value]) => value)],
  };
}

/** Whether requests to an endpoint are still sent the same way, so that what is known of it still holds. */
export function hasSameHeaders(left: EndpointHeaders, right: EndpointHeaders): boolean {
  return JSON.stringify(left.lines) === JSON.stringify(right.lines);
}
