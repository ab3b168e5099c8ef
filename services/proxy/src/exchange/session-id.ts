import type { IncomingHttpHeaders } from 'node:http';

/**
 * The Claude Code session of a request. Claude Code keeps it across turns, tools, sub-agents and `--resume`;
 * anything that does not look like its UUID is not a session.
 */
export function sessionIdIn(headers: IncomingHttpHeaders): string | undefined {
  const id = headers['x-claude-code-session-id'];
  return typeof id === 'string' && /^[A-Za-z0-9-]{8,64}$/.test(id) ? id : undefined;
}
