/** `zephyr dashboard`: the live dashboard of a controller, near or far, in this terminal. */
import { ZephyrError } from '@zephyr/runtime/errors';

import type { Environment } from '../launch/state-folder.ts';
import { type AdminOptions, openSession } from './admin-session.ts';

/** @throws ZephyrError `NO_TERMINAL` where there is none */
export async function dashboard(options: AdminOptions, environment: Environment): Promise<void> {
  const { client, language, say } = openSession(options, environment);
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new ZephyrError('NO_TERMINAL', say('cli.error.noTerminal'), {
      advice: [say('cli.error.noTerminal.advice')],
    });
  }
  // Ink and React take half a second to load: only here.
  const { runDashboard } = await import('../tui/run.ts');
  await runDashboard({ client, language });
}
