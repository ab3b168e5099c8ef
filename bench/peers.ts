/**
 * Zephyr next to other proxies that people put in front of their endpoints, under the same load, in one run:
 * what each adds and uses, and what people lose in each kind of failure. Prints Markdown; with `--write`,
 * into docs/comparison.md, and three lines of it into the READMEs. Takes about 20 minutes.
 *
 *     node bench/peers.ts [--seed <number>] [--only costs|faults] [--fault <name>] [--peer <name>]… [--write]
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { costRows } from './peers/costs.ts';
import { faultRows } from './peers/faults.ts';
import { GATEWAYS, NOT_TO_BE_HAD } from './peers/gateways.ts';
import { WITHOUT_A_GATEWAY, ZEPHYR } from './peers/ours-and-system.ts';
import type { Peer } from './peers/peer.ts';
import { inChinese, inOneLine, notFirst, type PeerRow, tableOf } from './peers/table.ts';
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
const STREAMS = [200, 1_000, 5_000];
const DOCUMENT = new URL('../docs/comparison.md', import.meta.url);
const README = new URL('../README.md', import.meta.url);
const README_ZH = new URL('../README.zh.md', import.meta.url);
const MARK = 'make bench-peers';
/** The rows that the READMEs quote, and how the Chinese one names them. */
const QUOTED: readonly (readonly [row: RegExp, chinese: string])[] = [
  [/^TTFT, 100 KB/, '100 KB 请求的 TTFT（p50 增加量 / p99）'],
  [/^1,000 streams: memory/, '1,000 个并发流时的内存'],
  [/^all of these faults/, '全部故障下丢失的请求/总数'],
];

// So that the programs stop with the bench.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const wanted = values.peer ?? ALL.map(({ name }) => name);
const chosen = ALL.filter(({ name }) => wanted.includes(name));
const present = chosen.filter(({ missing }) => missing === undefined);
const names = present.map(({ name }) => name);
const say = (line: string): void => console.error(line);
const [loadBefore = 0] = loadavg();

const costs =
  values.only === 'faults'
    ? []
    : await costRows(present, { rounds: Number(values.rounds), streams: STREAMS, say });
const faults =
  values.only === 'costs'
    ? []
    : await faultRows(present, { seed: Number(values.seed), only: values.fault, say });

console.log(textOf(costs, faults));
if (values.write) writeAll([...costs, ...faults]);
process.exit(0);

function textOf(costs: readonly PeerRow[], faults: readonly PeerRow[]): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
  const all = [...costs, ...faults];
  const behind = notFirst(all);
  return [
    `${new Date().toISOString().slice(0, 10)}, ${machine}, seed ${values.seed}; load average ${loadBefore.toFixed(1)} before the run (0 is a quiet machine).`,
    `Versions: ${present.map(({ name, version }) => `${name} ${version}`).join(', ')}.`,
    ...section('In three lines', bullets(quoted(all).map(([row]) => inOneLine(row)))),
    ...(costs.length === 0 ? [] : section('Costs', tableOf('', costs, names))),
    ...(faults.length === 0 ? [] : section('Faults', tableOf('lost in 10 s of', faults, names))),
    ...section(
      'Where we are not first',
      behind.length === 0 ? 'In no row of this run.' : bullets(behind),
    ),
    ...section('Not in the run', bullets(absent())),
  ].join('\n');
}

function absent(): readonly string[] {
  return [
    ...chosen.flatMap(({ name, missing }) =>
      missing === undefined ? [] : [`${name}: ${missing}`],
    ),
    ...NOT_TO_BE_HAD.map(([name, reason]) => `${name}: ${reason}`),
  ];
}

function quoted(rows: readonly PeerRow[]): readonly (readonly [row: PeerRow, chinese: string])[] {
  return QUOTED.flatMap(([pattern, chinese]) => {
    const row = rows.find(({ what }) => pattern.test(what));
    return row === undefined ? [] : [[row, chinese] as const];
  });
}

/** A partial run leaves the READMEs unchanged. */
function writeAll(rows: readonly PeerRow[]): void {
  const lines = quoted(rows);
  writePart(DOCUMENT, MARK, textOf(costs, faults));
  if (lines.length < QUOTED.length) return;
  writePart(README, MARK, bullets(lines.map(([row]) => inOneLine(row))));
  const chinese = lines.map(([row, what]) => inChinese(inOneLine({ ...row, what })));
  writePart(README_ZH, MARK, bullets(chinese));
}

function section(title: string, text: string): readonly string[] {
  return ['', `## ${title}`, '', text];
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}
