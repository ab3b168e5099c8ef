/** Where the services listen: a name or an address alone. */
import type { Violation } from '../config-error.ts';
import { type RawTable, rawTable, rawText } from '../raw.ts';

export function checkHosts(document: RawTable): Violation[] {
  return ['server', 'controller', 'prober'].flatMap((table) => {
    const host = rawText(rawTable(document[table])['host']);
    const advice = host === undefined ? undefined : adviceFor(host, table);
    if (advice === undefined) return [];
    return [
      {
        path: [table, 'host'],
        found: JSON.stringify(host),
        expected: 'an address or a name of this machine, such as "127.0.0.1", "::1" or "0.0.0.0"',
        advice,
      },
    ];
  });
}

function adviceFor(host: string, table: string): string | undefined {
  if (/^\[.*\]$/.test(host)) return `write it without brackets: host = "${host.slice(1, -1)}"`;
  if (host.includes('://')) return 'write the host alone, without http://';
  if (/^[^:]+:\d+$/.test(host)) return `write the port apart: port = … under [${table}]`;
  return /[\s/]/.test(host) ? 'write the host alone' : undefined;
}
