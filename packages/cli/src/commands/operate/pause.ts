/** `zephyr pause` and `zephyr resume`. */
import type { Environment } from '@zephyr/runtime/environment';

import { type AdminOptions, openSession, printed } from '../../admin/admin-session.ts';

/** @returns what to print @throws ZephyrError when refused, with what to do */
export async function setPaused(
  name: 'pause' | 'resume',
  options: AdminOptions,
  environment: Environment,
): Promise<string> {
  const { client, say } = openSession(options, environment);
  const answer = await client.command(name, {});
  const text = say(`cli.done.${name}`);
  return printed(
    options,
    answer,
    answer.outcome === 'applied' ? text : say('cli.unchanged', { text }),
  );
}
