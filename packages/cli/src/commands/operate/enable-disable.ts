/** `zephyr enable` and `zephyr disable`: enables or disables an endpoint. */
import type { Environment } from '@zephyr/runtime/environment';

import { type AdminOptions, openSession, printed } from '../../admin/admin-session.ts';
import { endpointNamed } from '../../admin/endpoint-by-name.ts';

/** @returns what to print @throws ZephyrError when refused, with what to do */
export async function setInService(
  call: { readonly name: 'enable' | 'disable'; readonly wanted: string },
  options: AdminOptions & { readonly force?: boolean },
  environment: Environment,
): Promise<string> {
  const { client, say } = openSession(options, environment);
  const { id, name } = endpointNamed(await client.state(), call.wanted, say);
  const force = options.force === true ? { force: true } : {};
  const answer =
    call.name === 'enable'
      ? await client.command('enable', { endpointId: id })
      : await client.command('disable', { endpointId: id, ...force });
  const text = say(`cli.done.${call.name}`, { name });
  return printed(
    options,
    answer,
    answer.outcome === 'applied' ? text : say('cli.unchanged', { text }),
  );
}
