/** `zephyr unpin`: the mode becomes automatic. */
import type { Environment } from '@zephyr/runtime/environment';

import { type AdminOptions, openSession, printed } from '../../admin/admin-session.ts';

/** @returns what to print @throws ZephyrError when refused, with what to do */
export async function unpin(options: AdminOptions, environment: Environment): Promise<string> {
  const { client, say } = openSession(options, environment);
  const answer = await client.command('unpin', {});
  const text = say('cli.done.unpin');
  return printed(
    options,
    answer,
    answer.outcome === 'applied' ? text : say('cli.unchanged', { text }),
  );
}
