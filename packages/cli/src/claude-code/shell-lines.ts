/** The variables of Claude Code as lines that a shell understands. */

import { pastProxy } from './claude-no-proxy.ts';
import { AUTH_TOKEN, BASE_URL, type ProxyConnection } from './claude-settings.ts';

export const SHELLS = ['sh', 'fish', 'powershell'] as const;
export type ShellName = (typeof SHELLS)[number];

/** @param environment Claude Code's, as far as known */
export function shellLines(
  shell: ShellName,
  { baseUrl, authToken }: ProxyConnection,
  environment: Readonly<Record<string, unknown>>,
): readonly string[] {
  const past = pastProxy(baseUrl, environment);
  return [
    LINES[shell](BASE_URL, baseUrl),
    LINES[shell](AUTH_TOKEN, authToken),
    ...(past === undefined ? [] : [LINES[shell](past.name, past.value)]),
  ];
}

const LINES: Readonly<Record<ShellName, (name: string, value: string) => string>> = {
  sh: (name, value) => `export ${name}=${quotedForSh(value)}`,
  fish: (name, value) => `set -gx ${name} ${quotedForSh(value)}`,
  powershell: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
};

/** Our own addresses, keys and most paths need no quotes; `<your key>` does. */
export function quotedForSh(value: string): string {
  return /^[\w.:/,@[\]-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
