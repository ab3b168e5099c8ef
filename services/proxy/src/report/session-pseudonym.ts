import { createHmac } from 'node:crypto';

/**
 * A session's name for people: the same at every proxy for one set of Redis data, and not reversible to
 * Claude Code's session id, by which its transcript could be found.
 *
 * @param incarnation of the snapshot; without one, each proxy is on its own anyway
 */
export function pseudonymOf(sessionId: string, incarnation: string | undefined): string {
  return createHmac('sha256', `zephyr session ${incarnation ?? ''}`)
    .update(sessionId)
    .digest('hex')
    .slice(0, 16);
}
