/** The endpoint that an operator means by what was typed: its id, its name, or the beginning of either. */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { ZephyrError } from '@zephyr/runtime/errors';
import type { Translate } from '@zephyr/texts';

/**
 * Finds an endpoint by id, by name, or by an unambiguous prefix of either.
 * @throws ZephyrError `UNKNOWN_ENDPOINT` listing the known names
 */
export function endpointNamed(state: ApiState, wanted: string, say: Translate): ApiEndpoint {
  const lower = wanted.toLowerCase();
  const isNamed = ({ id, name }: ApiEndpoint) => id === lower || name.toLowerCase() === lower;
  const isPrefixed = ({ id, name }: ApiEndpoint) =>
    id.startsWith(lower) || name.toLowerCase().startsWith(lower);
  const exact = state.endpoints.find(isNamed);
  if (exact !== undefined) return exact;
  const [only, second] = state.endpoints.filter(isPrefixed);
  if (only !== undefined && second === undefined) return only;
  const names = state.endpoints.map(({ name }) => name).join(', ');
  throw new ZephyrError('UNKNOWN_ENDPOINT', say('cli.error.unknownEndpoint', { name: wanted }), {
    advice: [say('cli.error.unknownEndpoint.advice', { names })],
  });
}
