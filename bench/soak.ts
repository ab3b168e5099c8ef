/**
 * Half an hour of random faults, from a printed seed, in endpoints, Redis and services, under clients of all
 * kinds and the real Claude CLI. The promises about answers, usage, secrets and memory are checked against
 * the endpoints' own records. Prints one table and every violation; exits with 1 if there is one. See
 * docs/soak.md.
 *
 *     node bench/soak.ts [--seed <number>] [--minutes <number> | --short] [--write]
 *
 * `--short` takes two minutes. `--write` writes the table to docs/soak.md.
 */
import { parseArgs } from 'node:util';

import { soakReport } from './soak/report.ts';
import { playSoak } from './soak/run.ts';
import { writePart } from './written-part.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string' },
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
const minutes = Number(values.minutes ?? (values.short ? 2 : 30));
if (!Number.isInteger(seed) || !(minutes > 0)) {
  console.error(
    'usage: node bench/soak.ts [--seed <number>] [--minutes <number> | --short] [--write]',
  );
  process.exit(2);
}

console.error(`seed ${seed}`);
const say = (line: string): void => console.error(line);
const { markdown, violations } = soakReport(await playSoak({ seed, seconds: minutes * 60, say }));
console.log(`${markdown}\n`);
for (const violation of violations) console.log(`seed ${seed}, ${violation}`);
console.log(`${violations.length} violations`);
if (values.write) {
  const date = new Date().toISOString().slice(0, 10);
  writePart(new URL('../docs/soak.md', import.meta.url), 'make soak', `${date}. ${markdown}`);
}
process.exitCode = violations.length === 0 ? 0 : 1;
