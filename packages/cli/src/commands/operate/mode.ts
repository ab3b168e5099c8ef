/** `zephyr mode`: shows the mode, or sets it. */

import type { ApiState } from '@zephyr/contract/api/api-state';
import type { ModeKind } from '@zephyr/contract/route/selection';
import type { Environment } from '@zephyr/runtime/environment';
import { nameOf, type Translate } from '@zephyr/texts';

import { type AdminOptions, openSession, printed } from '../../admin/admin-session.ts';

/** @returns what to print @throws ZephyrError when refused, with what to do */
export async function mode(
  kind: ModeKind | undefined,
  options: AdminOptions,
  environment: Environment,
): Promise<string> {
  const { client, say } = openSession(options, environment);
  if (kind === undefined) {
    const state = await client.state();
    return printed(options, state.mode, modeText(state, say));
  }
  const answer = await client.command('mode', { mode: kind });
  const state = await client.state();
  const text = modeText(state, say);
  return printed(
    options,
    answer,
    answer.outcome === 'applied' ? text : say('cli.unchanged', { text }),
  );
}

function modeText(state: ApiState, say: Translate): string {
  return state.mode.kind === 'auto'
    ? say('cli.done.mode.auto')
    : say('cli.done.mode.manual', { name: nameOf(state, state.mode.endpointId) });
}
