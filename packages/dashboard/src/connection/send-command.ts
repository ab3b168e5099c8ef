/** Commands to the controller. It responds only once a command is applied. */
import { apiAddress, commandPath } from '@zephyr/contract/api/api-routes';
import type {
  CommandAnswer,
  CommandBody,
  CommandName,
} from '@zephyr/contract/operate/operator-command';

import { type ApiResult, ask } from './api.ts';
import { fromHere } from './from-here.ts';

export function send<Name extends CommandName>(
  name: Name,
  body: CommandBody<Name>,
): Promise<ApiResult<CommandAnswer>> {
  return ask(commandPath(name), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** @returns whether the token was accepted. */
export async function logIn(token: string): Promise<boolean> {
  try {
    const response = await fetch(fromHere(apiAddress('login')), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    return response.ok;
  } catch {
    return false;
  }
}
