/** The services' listen hosts: a bare name or address. */
import { type Phrase, phrase } from '../../phrase.ts';
import type { Violation } from '../config-error.ts';
import { TABLE_OF } from '../keys/server.ts';
import { type RawTable, rawTable, rawText } from '../schema/raw.ts';

export function checkHosts(document: RawTable): Violation[] {
  return Object.values(TABLE_OF).flatMap((table) => {
    const host = rawText(rawTable(document[table])['host']);
    const advice = host === undefined ? undefined : adviceFor(host, table);
    if (advice === undefined) return [];
    return [
      {
        path: [table, 'host'],
        found: phrase`${JSON.stringify(host)}`,
        expected: phrase`an address or a name of this machine, such as "127.0.0.1", "::1" or "0.0.0.0"`,
        advice,
      },
    ];
  });
}

function adviceFor(host: string, table: string): Phrase | undefined {
  if (/^\[.*\]$/.test(host))
    return phrase`write it without brackets: host = "${host.slice(1, -1)}"`;
  if (host.includes('://')) return phrase`write the host alone, without http://`;
  if (/^[^:]+:\d+$/.test(host)) return phrase`write the port separately: port = … under [${table}]`;
  return /[\s/]/.test(host) ? phrase`write the host alone` : undefined;
}
