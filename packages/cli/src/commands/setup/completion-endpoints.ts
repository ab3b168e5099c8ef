/** `zephyr completion endpoints`: what the completion scripts offer where a command takes an endpoint. */
import { endpointIdSchema } from '@zephyr/contract/scalars';
import type { Environment } from '@zephyr/runtime/environment';

import { type AdminOptions, openSession } from '../../admin/admin-session.ts';
import { CONTROLLER_URL } from '../../network/service-location.ts';

/**
 * The ids of the endpoints, one per line. bash expands what it is offered, commands included, and anyone may be
 * listening on the controller's port while it is not running: whatever is not an id is left out.
 */
export async function endpointWords(
  options: AdminOptions,
  environment: Environment,
): Promise<string> {
  const url = environment[CONTROLLER_URL] ?? '';
  const { client } = openSession(url === '' ? options : { ...options, url }, environment);
  const { endpoints } = await client.state();
  const ids = endpoints.map(({ id }) => id);
  return ids.filter((id) => endpointIdSchema.safeParse(id).success).join('\n');
}
