/** `zephyr dashboard`: the live dashboard of a controller, local or remote, in this terminal. */
import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';

import { type AdminOptions, openSession } from '../../admin/admin-session.ts';
import { hasScreen, loadDashboard } from '../../tui/load-dashboard.ts';

/** @throws ZephyrError `NO_TERMINAL` if there is none */
export async function dashboard(options: AdminOptions, environment: Environment): Promise<void> {
  const { client, language, say } = openSession(options, environment);
  if (!hasScreen(environment)) {
    throw new ZephyrError('NO_TERMINAL', say('cli.error.noTerminal'), {
      advice: [say('cli.error.noTerminal.advice')],
    });
  }
  const { runDashboard } = await loadDashboard();
  await runDashboard({ client, language });
}
