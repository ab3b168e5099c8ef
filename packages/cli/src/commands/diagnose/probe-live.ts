/** `zephyr probe --live`: the running system probes now, and the results count for routing. */
import type { Environment } from '@zephyr/runtime/environment';

import { type AdminOptions, openSession, printed } from '../../admin/admin-session.ts';
import { endpointNamed } from '../../admin/endpoint-by-name.ts';

/** @returns what to print @throws ZephyrError when refused, with what to do */
export async function probeLive(
  wanted: string | undefined,
  options: AdminOptions,
  environment: Environment,
): Promise<string> {
  const { client, say } = openSession(options, environment);
  const body =
    wanted === undefined ? {} : { endpointId: endpointNamed(await client.state(), wanted, say).id };
  const answer = await client.command('probe', body);
  return printed(options, answer, say('cli.done.probe', { count: answer.affected }));
}
