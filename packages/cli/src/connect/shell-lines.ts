/** The two variables of Claude Code as lines that a shell understands. */
import { AUTH_TOKEN, BASE_URL, type Connection } from './claude-settings.ts';

export const SHELLS = ['sh', 'fish', 'powershell'] as const;
export type ShellName = (typeof SHELLS)[number];

export function shellLines(shell: ShellName, { baseUrl, authToken }: Connection): string {
  const variables = { [BASE_URL]: baseUrl, [AUTH_TOKEN]: authToken };
  return Object.entries(variables)
    .map(([name, value]) => LINES[shell](name, value))
    .join('\n');
}

const LINES: Readonly<Record<ShellName, (name: string, value: string) => string>> = {
  sh: (name, value) => `export ${name}=${quotedForSh(value)}`,
  fish: (name, value) => `set -gx ${name} ${quotedForSh(value)}`,
  powershell: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
};

/** Our own addresses and keys need no quotes; `<your key>` does. */
function quotedForSh(value: string): string {
  return /^[\w.:/[\]-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
