/** `zephyr pin`: pins an endpoint, or the active one. */
import type { ApiState } from '@zephyr/contract/api/api-state';
import type { Environment } from '@zephyr/runtime/environment';
import { nameOf } from '@zephyr/texts';

import { type AdminOptions, openSession, printed } from '../../admin/admin-session.ts';
import { endpointNamed } from '../../admin/endpoint-by-name.ts';

/** @returns what to print @throws ZephyrError when refused, with what to do */
export async function pin(
  wanted: string | undefined,
  options: AdminOptions & { readonly force?: boolean },
  environment: Environment,
): Promise<string> {
  const { client, say } = openSession(options, environment);
  const chosen =
    wanted === undefined ? undefined : endpointNamed(await client.state(), wanted, say);
  const body = chosen === undefined ? {} : { endpointId: chosen.id };
  const force = options.force === true ? { force: true } : {};
  const answer = await client.command('pin', { ...body, ...force });
  const name = chosen?.name ?? pinnedName(await client.state());
  return printed(options, answer, say('cli.done.pin', { name }));
}

/** Empty if somebody has unpinned it meanwhile. */
function pinnedName(state: ApiState): string {
  return state.mode.kind === 'manual' ? nameOf(state, state.mode.endpointId) : '';
}
