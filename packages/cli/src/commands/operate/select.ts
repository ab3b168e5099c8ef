/** `zephyr select`: pins an endpoint. */
import type { Environment } from '@zephyr/runtime/environment';

import { type AdminOptions, openSession, printed } from '../../admin/admin-session.ts';
import { endpointNamed } from '../../admin/endpoint-by-name.ts';

/** @returns what to print @throws ZephyrError when refused, with what to do */
export async function select(
  wanted: string,
  options: AdminOptions & { readonly force?: boolean },
  environment: Environment,
): Promise<string> {
  const { client, say } = openSession(options, environment);
  const { id, name } = endpointNamed(await client.state(), wanted, say);
  const force = options.force === true ? { force: true } : {};
  const answer = await client.command('select', { endpointId: id, ...force });
  return printed(options, answer, say('cli.done.select', { name }));
}
