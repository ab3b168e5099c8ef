/** Commands to the controller. It answers when a command is applied, never before. */
import type { CommandAnswer, CommandBody, CommandName } from '@zephyr/contract/command';
import type { Problem } from '@zephyr/contract/problem';

/** The controller gives up after 5 s itself and says so. */
const TIMEOUT_MS = 8_000;

export type CommandResult =
  | { readonly status: 'done'; readonly answer: CommandAnswer }
  | { readonly status: 'refused'; readonly problem: Problem }
  | { readonly status: 'unreachable' };

export async function send<Name extends CommandName>(
  name: Name,
  body: CommandBody<Name>,
): Promise<CommandResult> {
  try {
    const response = await fetch(`/api/commands/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return { status: 'done', answer: (await response.json()) as CommandAnswer };
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
    if (isProblem !== true) return { status: 'unreachable' };
    return { status: 'refused', problem: (await response.json()) as Problem };
  } catch {
    return { status: 'unreachable' };
  }
}

/** @returns whether the token was accepted. */
export async function signIn(token: string): Promise<boolean> {
  try {
    const response = await fetch('/api/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    return response.ok;
  } catch {
    return false;
  }
}
