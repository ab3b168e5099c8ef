/**
 * Never worse than without us, on real processes: scripted endpoints on loopback, Zephyr, and in the same run
 * one of the endpoints directly, nginx and HAProxy. Prints one Markdown table; exits with 1 if a target is
 * not met.
 *
 *     node bench/never-worse.ts [--only <world>] [--seed <number>] [--share <0 to 1>]
 *
 * `--only chance-retries --share 0.05` runs two cases of clients that retry, in about a minute.
 */
import { parseArgs } from 'node:util';

import { badRequests } from './never-worse/bad-requests.ts';
import { chance, chanceWithRetries } from './never-worse/chance.ts';
import { failures } from './never-worse/failures.ts';
import { recovery } from './never-worse/recovery.ts';
import { missingRivals } from './never-worse/rivals.ts';
import { markdownOf, type Round, type Row, type WorldRun } from './never-worse/row.ts';
import { silence } from './never-worse/silence.ts';
import { slowPeople } from './never-worse/slow-people.ts';
import { twoProxies } from './never-worse/two-proxies.ts';

const WORLDS: readonly WorldRun[] = [
  chance,
  chanceWithRetries,
  badRequests,
  failures,
  slowPeople,
  recovery,
  silence,
  twoProxies,
];

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    seed: { type: 'string' },
    share: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
const names = WORLDS.map(({ name }) => name);
const wanted = values.only ?? names;
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0 || !Number.isInteger(seed)) {
  console.error(`unknown: ${unknown.join(' ')}; worlds are: ${names.join(' ')}`);
  process.exit(2);
}

const startedAtMs = performance.now();
const elapsed = (): string => `${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s`;
const round: Round = {
  seed,
  share: values.share === undefined ? undefined : Number(values.share),
  say: (line) => console.error(`${elapsed().padStart(5)}  ${line}`),
};
const chosen = WORLDS.filter(({ name }) => wanted.includes(name));
const missing = missingRivals();
if (missing.length > 0) console.log(`not installed, so not in the table: ${missing.join(', ')}\n`);

/** Sequentially. */
async function lane(worlds: readonly WorldRun[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const world of worlds) {
    round.say(`${world.name} …`);
    rows.push(...(await world.run(round)));
    round.say(`${world.name} done`);
  }
  return rows;
}

const of = (kind: WorldRun['kind']): readonly WorldRun[] =>
  chosen.filter((world) => world.kind === kind);
const waiting = of('waiting');
const rows = (
  await Promise.all([
    lane(of('timed')),
    lane(waiting.filter((_, index) => index % 2 === 0)),
    lane(waiting.filter((_, index) => index % 2 === 1)),
  ])
).flat();

console.log(`seed ${seed}, ${elapsed()}\n\n${markdownOf(rows)}`);
const missed = rows.filter(({ verdict }) => verdict === 'not_met').length;
console.log(`\n${missed === 0 ? 'all targets met' : `${missed} targets NOT MET`}`);
process.exitCode = missed === 0 ? 0 : 1;
