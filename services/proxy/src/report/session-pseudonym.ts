import { createHmac } from 'node:crypto';

/**
 * The name of a session for people: the same at every proxy while one Redis lives, and no way back
 * to the id that Claude Code uses, by which its transcript could be found.
 *
 * @param incarnation of the snapshot; without one each proxy is alone anyway
 */
export function pseudonymOf(sessionId: string, incarnation: string | undefined): string {
  return createHmac('sha256', `zephyr session ${incarnation ?? ''}`)
    .update(sessionId)
    .digest('hex')
    .slice(0, 16);
}
