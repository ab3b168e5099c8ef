/**
 * Zephyr beside what else people put in front of their endpoints, on the same load, in one run: what
 * each adds and takes, and what people lose in each kind of trouble. Prints Markdown; with `--write`
 * into docs/comparison.md.
 *
 *     node bench/peers.ts [--seed <number>] [--only costs|faults] [--fault <name>] [--peer <name>]… [--write]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { costRows } from './peers/costs.ts';
import { faultRows } from './peers/faults.ts';
import { GATEWAYS } from './peers/gateways.ts';
import { WITHOUT_A_GATEWAY, ZEPHYR } from './peers/ours-and-system.ts';
import type { Peer } from './peers/peer.ts';
import { writePart } from './written-part.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '21' },
    only: { type: 'string' },
    fault: { type: 'string' },
    peer: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '6' },
    write: { type: 'boolean', default: false },
  },
});
const ALL: readonly Peer[] = [...WITHOUT_A_GATEWAY, ...GATEWAYS, ZEPHYR];
const STREAMS = [200, 1_000];
const DOCUMENT = new URL('../docs/comparison.md', import.meta.url);

const wanted = values.peer ?? ALL.map(({ name }) => name);
const chosen = ALL.filter(({ name }) => wanted.includes(name));
const present = chosen.filter(({ missing }) => missing === undefined);
const say = (line: string): void => console.error(line);

const costs =
  values.only === 'faults'
    ? []
    : await costRows(present, { rounds: Number(values.rounds), streams: STREAMS, say });
const faults =
  values.only === 'costs'
    ? []
    : await faultRows(present, { seed: Number(values.seed), only: values.fault, say });

const text = [
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}, seed ${values.seed}.`,
  `Versions: ${present.map(({ name, version }) => `${name} ${version}`).join(', ')}.`,
  ...chosen.flatMap(({ name, missing }) =>
    missing === undefined ? [] : [`Not in the run: ${name} (${missing}).`],
  ),
  ...(costs.length === 0
    ? []
    : [
        '',
        tableOf(
          '',
          costs.map(({ what, cells }) => [what, cells]),
        ),
      ]),
  ...(faults.length === 0
    ? []
    : [
        '',
        tableOf(
          'lost in 10 s of',
          faults.map(({ fault, cells }) => [fault, cells]),
        ),
      ]),
].join('\n');
console.log(text);
if (values.write) writePart(DOCUMENT, 'make bench-peers', text);

function tableOf(
  title: string,
  rows: readonly (readonly [string, ReadonlyMap<string, string>])[],
): string {
  const names = present.map(({ name }) => name);
  return [
    `| ${title} | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---|').join('')}`,
    ...rows.map(
      ([what, cells]) => `| ${what} | ${names.map((name) => cells.get(name) ?? '').join(' | ')} |`,
    ),
  ].join('\n');
}
