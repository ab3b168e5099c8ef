/** `zephyr pin`: pins an endpoint, or the active one. */
import type { ApiState } from '@zephyr/contract/api/api-state';
import type { Environment } from '@zephyr/runtime/environment';

import { type AdminOptions, openSession, printed } from '../../admin/admin-session.ts';
import { endpointNamed } from '../../admin/endpoint-by-name.ts';

/** @returns what to print @throws ZephyrError when refused, with what to do */
export async function pin(
  wanted: string | undefined,
  options: AdminOptions & { readonly force?: boolean },
  environment: Environment,
): Promise<string> {
  const { client, say } = openSession(options, environment);
  const state = await client.state();
  // By its id even if none was named: what is printed is then what was pinned.
  const chosen = wanted === undefined ? activeEndpoint(state) : endpointNamed(state, wanted, say);
  const body = chosen === undefined ? {} : { endpointId: chosen.id };
  const force = options.force === true ? { force: true } : {};
  const answer = await client.command('pin', { ...body, ...force });
  return printed(options, answer, say('cli.done.pin', { name: chosen?.name ?? '' }));
}

function activeEndpoint({
  endpoints,
  selection,
}: ApiState): ApiState['endpoints'][number] | undefined {
  if (selection.status === 'none') return undefined;
  return endpoints.find(({ id }) => id === selection.activeId);
}
