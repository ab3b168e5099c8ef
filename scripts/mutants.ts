/**
 * Changes one operator, condition, constant or statement of the decision logic at a time and runs the
 * unit tests of its room: a change that no test notices is a rule without a test.
 *
 *     make mutants                       all rooms
 *     make mutants ROOM=route            one of them
 *     npm run mutants -- route ejection  of one room the files whose path contains a word
 */
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { MINUTE_MS } from '@zephyr/contract/units';
import { BaseSequencer, startVitest, type TestSpecification } from 'vitest/node';

import { isEquivalent } from './mutants/equivalent.ts';
import { type LuaMutant, mutateLua } from './mutants/lua.ts';
import { type Mutant, mutate, titleOf } from './mutants/mutate.ts';
import { ROOMS, type Room, scriptsOf, sourcesOf } from './mutants/rooms.ts';
import type { Verdict } from './mutants/runner.ts';

/** Limit for one room; the rest is reported as late. */
const MINUTES = 20;
const SCRIPT_LOADER = 'packages/runtime/src/redis/script.ts';

/**
 * The file's own tests come first, then smaller ones: a small test covers one rule, and kills cheaply what a
 * long scenario would kill too.
 */
class CheapestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bytesOf = ({ moduleId }: TestSpecification) => statSync(moduleId).size;
    const isNamed = ({ moduleId }: TestSpecification) => word !== '' && moduleId.includes(word);
    return files.toSorted(
      (one, other) => +isNamed(other) - +isNamed(one) || bytesOf(one) - bytesOf(other),
    );
  }
}

const root = join(import.meta.dirname, '..');
const [roomName, word = ''] = process.argv.slice(2);
const rooms = ROOMS.filter(({ name }) => roomName === undefined || name === roomName);
if (rooms.length === 0) {
  console.error(`no room ${roomName}; there are ${ROOMS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

let isEnough = true;
for (const room of rooms) isEnough = (await run(room)) && isEnough;
process.exit(isEnough ? 0 : 1);

async function run(room: Room): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-mutants-'));
  const reportFile = join(folder, 'report');
  const luaMutants: LuaMutant[] = [];
  for (const file of scriptsOf(room, root)) {
    if (!file.includes(word)) continue;
    const source = readFileSync(join(root, file), 'utf8');
    luaMutants.push(...mutateLua(file, source, luaMutants.length));
  }
  const { mutants, plugin } = mutatingPlugin(room, luaMutants.length);
  try {
    const vitest = await startVitest(
      'test',
      globSync([...room.tests], { cwd: root }).filter(
        (file) =>
          room.without?.includes(file) !== true &&
          (room.scripts !== undefined || !file.includes('.integration.')),
      ),
      {
        ...{ root, config: false, watch: false, reporters: [], include: ['**/*.test.ts'] },
        // A cached module would lack mutants, or leak them into the next test run.
        ...{ isolate: false, maxWorkers: 1, fileParallelism: false, fsModuleCache: false },
        runner: join(import.meta.dirname, 'mutants/runner.ts'),
        sequence: { sequencer: CheapestFirst },
        provide: {
          mutantReport: reportFile,
          mutantsUntilAtMs: Date.now() + MINUTES * MINUTE_MS,
          luaMutants: luaMutants.map(({ id, script, source }) => ({ id, script, source })),
        },
        ...(room.scripts === undefined
          ? {}
          : { globalSetup: [join(root, 'packages/testkit/src/redis-setup.ts')] }),
        // The mutants run within the last test of a file.
        ...{ hookTimeout: 60_000, teardownTimeout: 60_000 },
        // Tests with Redis include some with tens of thousands of rows.
        testTimeout: room.scripts === undefined ? 20_000 : 180_000,
      },
      { plugins: [plugin] },
    );
    const failed = vitest.state
      .getFiles()
      .filter(({ result }) => result?.state === 'fail')
      .map(({ filepath, result }) => `${filepath} ${result?.errors?.[0]?.message ?? ''}`);
    const errors = vitest.state.getUnhandledErrors();
    await vitest.close();
    if (failed.length > 0) throw new Error(`tests fail without mutants: ${failed.join(', ')}`);
    if (errors.length > 0) throw new AggregateError(errors);
    const all = [...luaMutants, ...mutants];
    if (all.length > 0) return print(room, all, verdictsIn(reportFile));
    console.log(`${room.name}: nothing to change in files with "${word}" in their path`);
    return true;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function mutatingPlugin(room: Room, firstId: number) {
  const sources = new Set(sourcesOf(room, root).filter((file) => file.includes(word)));
  const mutants: Mutant[] = [];
  const plugin = {
    name: 'mutants',
    enforce: 'pre' as const,
    transform(code: string, id: string) {
      const file = relative(root, id);
      if (file === SCRIPT_LOADER) return { code: withKnownScripts(code), map: null };
      if (!sources.has(file)) return undefined;
      const mutated = mutate(file, code, firstId + mutants.length);
      mutants.push(...mutated.mutants);
      return { code: mutated.text, map: null };
    },
  };
  return { mutants, plugin };
}

/** Makes loaded scripts changeable. */
function withKnownScripts(code: string): string {
  const loader = 'export function loadScript(';
  if (!code.includes(loader)) throw new Error(`${SCRIPT_LOADER} has no loadScript`);
  return `${code.replace(loader, 'function loadOriginal(')}
export const loadScript = (name) => __mutantScript(name, loadOriginal(name));
`;
}

function verdictsIn(file: string): ReadonlyMap<number, Verdict['status']> {
  const verdicts = new Map<number, Verdict['status']>();
  for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
    const { id, status } = JSON.parse(line) as Verdict;
    if (verdicts.get(id) !== 'killed') verdicts.set(id, status);
  }
  return verdicts;
}

function print(
  { name }: Room,
  mutants: readonly Mutant[],
  verdicts: ReadonlyMap<number, Verdict['status']>,
): boolean {
  const counted = mutants.filter((mutant) => !isEquivalent(mutant));
  const isKilled = ({ id }: Mutant) => verdicts.get(id) === 'killed';
  for (const [file, of] of Map.groupBy(counted, (mutant) => mutant.file)) {
    const alive = of.filter((mutant) => !isKilled(mutant));
    console.log(`${score(of.length - alive.length, of.length)}  ${file}`);
    for (const mutant of alive) {
      const status = verdicts.get(mutant.id) ?? 'no test';
      console.log(`        ${file}:${mutant.line} [${status}] ${titleOf(mutant)}`);
    }
  }
  for (const mutant of mutants.filter((one) => isEquivalent(one) && isKilled(one))) {
    console.log(`        ${mutant.file}:${mutant.line} [excused, but killed] ${titleOf(mutant)}`);
  }
  const killed = counted.filter(isKilled).length;
  const equivalent = mutants.length - counted.length;
  console.log(`${score(killed, counted.length)}  ${name}; ${equivalent} equivalent\n`);
  return killed >= counted.length * 0.9;
}

function score(killed: number, all: number): string {
  return `${((100 * killed) / all).toFixed(1).padStart(5)} % of ${String(all).padStart(4)}`;
}
