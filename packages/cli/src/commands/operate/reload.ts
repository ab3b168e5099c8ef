/** `zephyr reload`: the controller reads the configuration again. */
import type { Environment } from '@zephyr/runtime/environment';

import { type AdminOptions, openSession, printed } from '../../admin/admin-session.ts';

/** @returns what to print @throws ZephyrError if the configuration is invalid, with its problems */
export async function reload(options: AdminOptions, environment: Environment): Promise<string> {
  const { client, say } = openSession(options, environment);
  const answer = await client.command('reload', {});
  return printed(options, answer, say('cli.done.reload'));
}
