/** `zephyr clients grant`: more for a person or a team, for the rest of the day (UTC). */
import type { Environment } from '@zephyr/runtime/environment';

import { type AdminOptions, openSession, printed } from '../../admin/admin-session.ts';

/** @returns what to print @throws ZephyrError when refused, with what to do */
export async function grant(
  { name, usd }: { readonly name: string; readonly usd: number },
  options: AdminOptions,
  environment: Environment,
): Promise<string> {
  const { client, say, numbers } = openSession(options, environment);
  const answer = await client.command('grant', { name, usd });
  return printed(options, answer, say('cli.done.grant', { name, usd: numbers.usd(usd) }));
}
