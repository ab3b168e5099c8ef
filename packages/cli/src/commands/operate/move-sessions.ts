/** `zephyr move-sessions`: sessions move to the active endpoint with their next request. */
import type { Environment } from '@zephyr/runtime/environment';

import { type AdminOptions, openSession, printed } from '../../admin/admin-session.ts';
import { endpointNamed } from '../../admin/endpoint-by-name.ts';

/**
 * @param from name or id of the endpoint whose sessions move; absent: all sessions
 * @returns what to print @throws ZephyrError when refused, with what to do
 */
export async function moveSessions(
  from: string | undefined,
  options: AdminOptions,
  environment: Environment,
): Promise<string> {
  const { client, say } = openSession(options, environment);
  const body =
    from === undefined ? {} : { fromId: endpointNamed(await client.state(), from, say).id };
  const answer = await client.command('move-sessions', body);
  return printed(options, answer, say('cli.done.move', { count: answer.affected }));
}
