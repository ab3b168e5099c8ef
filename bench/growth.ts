/**
 * What Zephyr needs as the load grows: endpoints, people, sessions, streams, proxies and the ledger of usage,
 * one axis at a time from one base (3 endpoints, one proxy, no keys). Real processes, real Redis. Prints
 * Markdown; with `--write`, into docs/scaling.md. Takes about 12 minutes.
 *
 *     node bench/growth.ts [--axis endpoints|people|sessions|proxies|ledger|streams]… [--write]
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { AXES, type Axis } from './growth/axes.ts';
import { writePart } from './written-part.ts';

const { values } = parseArgs({
  options: {
    axis: { type: 'string', multiple: true },
    write: { type: 'boolean', default: false },
  },
});
const DOCUMENT = new URL('../docs/scaling.md', import.meta.url);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const [loadBefore = 0] = loadavg();
const wanted = values.axis ?? Object.keys(AXES);
const tables: string[] = [];
for (const [name, axis] of Object.entries(AXES)) {
  if (!wanted.includes(name)) continue;
  tables.push(await tableOf(axis));
  console.error(tables.at(-1));
}
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
const text = [
  `${new Date().toISOString().slice(0, 10)}, ${machine}; load average ${loadBefore.toFixed(1)} before the run (0 is a quiet machine).`,
  ...tables,
].join('\n\n');
console.log(text);
if (values.write) writePart(DOCUMENT, 'make bench-growth', text);
process.exit(0);

async function tableOf({ title, columns, sizes, measure }: Axis): Promise<string> {
  const rows: string[] = [];
  for (const size of sizes) {
    const { size: named, cells } = await measure(size);
    rows.push(`| ${named} | ${cells.join(' | ')} |`);
    console.error(rows.at(-1));
  }
  return [
    `### ${title}`,
    '',
    `| | ${columns.join(' | ')} |`,
    `|---|${columns.map(() => '---|').join('')}`,
    ...rows,
  ].join('\n');
}
