/**
 * The switches of the mutants, in the process that runs the tests. While the tests run unchanged, it counts
 * which test reaches which mutant; then mutants are switched on one by one.
 */

import { createHash } from 'node:crypto';

/** More than any room has. */
const MAX_MUTANTS = 1 << 16;
/** A mutant counts as an endless loop if its switch is reached this many times more often than without it. */
const RUNAWAY_FACTOR = 100;
const MIN_RUNAWAY = 20_000;
const NONE = -1;

interface Constant {
  readonly make: () => unknown;
  readonly set: (value: unknown) => void;
}

/** The mutants of one file have consecutive numbers. */
interface MutatedFile {
  readonly firstId: number;
  readonly lastId: number;
  readonly constants: Constant[];
}

/** How often each mutant was reached since the last `takeMet`. */
const met = new Uint32Array(MAX_MUTANTS);
/** How often by the test that reached it most. */
const most = new Uint32Array(MAX_MUTANTS);
const files = new Map<string, MutatedFile>();
let active = NONE;
let left = 0;

/** Whether this mutant is switched on. Simulations call this millions of times. */
function isOn(id: number): boolean {
  if (active === NONE) {
    met[id] = (met[id] ?? 0) + 1;
    return false;
  }
  if (id !== active) return false;
  left -= 1;
  if (left < 0) throw new Error('runaway mutant');
  return true;
}

function makeConstant(name: string, make: Constant['make'], set: Constant['set']): unknown {
  files.get(name)?.constants.push({ make, set });
  return make();
}

/** The mutants reached since the last call: by loading modules, or by one test. */
export function takeMet(): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const [id, count] of met.entries()) {
    if (count === 0) continue;
    ids.add(id);
    most[id] = Math.max(most[id] ?? 0, count);
  }
  met.fill(0);
  return ids;
}

export function isSameFile(one: number, other: number): boolean {
  return fileOf(one) === fileOf(other);
}

function fileOf(id: number): MutatedFile | undefined {
  return [...files.values()].find(({ firstId, lastId }) => id >= firstId && id <= lastId);
}

/**
 * Runs a function with the mutant on.
 * @param isLoaded it is reached while modules load: its file's constants are re-evaluated
 */
export async function withMutant<Result>(
  id: number,
  isLoaded: boolean,
  run: () => Promise<Result>,
): Promise<Result> {
  const constants = isLoaded ? (fileOf(id)?.constants ?? []) : [];
  active = id;
  allow(id);
  try {
    for (const { make, set } of constants) set(make());
    return await run();
  } finally {
    active = NONE;
    for (const { make, set } of constants) set(make());
    met.fill(0);
  }
}

/** A Lua script with one change. */
export interface ChangedScript {
  readonly id: number;
  readonly script: string;
  readonly source: string;
}

/** As made by the runtime's `loadScript`, by name: each module that loads a script has its own. */
const scripts = new Map<string, { source: string; sha: string }[]>();
const ranScripts = new Set<string>();

/** The scripts that were run since the last call. */
export function takeRunScripts(): ReadonlySet<string> {
  const names = new Set(ranScripts);
  ranScripts.clear();
  return names;
}

/** Runs a function with the script changed. */
export async function withScript<Result>(
  { script: name, source }: ChangedScript,
  run: () => Promise<Result>,
): Promise<Result> {
  const loaded = scripts.get(name);
  if (loaded === undefined) throw new Error(`no test loads ${name}.lua`);
  const originals = loaded.map((script) => ({ ...script }));
  const changed = { source, sha: createHash('sha1').update(source).digest('hex') };
  for (const script of loaded) Object.assign(script, changed);
  try {
    return await run();
  } finally {
    for (const [index, script] of loaded.entries()) Object.assign(script, originals[index]);
  }
}

/** Call before each test that runs with the mutant on. */
export function allow(id: number): void {
  left = Math.max(MIN_RUNAWAY, (most[id] ?? 0) * RUNAWAY_FACTOR);
}

Object.assign(globalThis, {
  __mutant: isOn,
  __mutantConstant: makeConstant,
  __mutantScript: (name: string, script: { source: string; sha: string }) => {
    scripts.set(name, [...(scripts.get(name) ?? []), script]);
    return {
      get source() {
        return script.source;
      },
      /** Read for each run. */
      get sha() {
        ranScripts.add(name);
        return script.sha;
      },
    };
  },
  __mutantFile: (name: string, firstId: number, lastId: number) =>
    files.set(name, { firstId, lastId, constants: [] }),
});
