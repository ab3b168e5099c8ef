/**
 * Runs the tests of one file unchanged, then reruns those that reach a mutant with the mutant switched on,
 * fastest first, until one fails. All in one process, so a mutant costs milliseconds.
 */
import { appendFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

import fc from 'fast-check';
import {
  type RunnerTask,
  type RunnerTestCase,
  type RunnerTestFile,
  type RunnerTestSuite,
  TestRunner,
} from 'vitest';

import {
  allow,
  type ChangedScript,
  isSameFile,
  takeMet,
  takeRunScripts,
  withMutant,
  withScript,
} from './switch.ts';

/** The result of one mutant in one test file: a line of the report. */
export interface Verdict {
  readonly id: number;
  readonly status: 'killed' | 'survived' | 'late';
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly mutantReport: string;
    /** After this time no further mutant is switched on. */
    readonly mutantsUntilAtMs: number;
    readonly luaMutants: readonly ChangedScript[];
  }
}

interface Met {
  readonly test: RunnerTestCase;
  readonly ids: ReadonlySet<number>;
  /** The Lua scripts that it ran. */
  readonly scripts: ReadonlySet<string>;
  /** CPU time, which other programs do not inflate. */
  readonly cpuMs: number;
}

/** The first counterexample is enough, and so are two seconds without one. */
fc.configureGlobal({ endOnFailure: true, interruptAfterTimeLimit: 2_000 });
/** Anything longer is a simulation: rules need their own unit tests too. */
const MAX_CPU_MS = 1_000;
/** A test that waits this much longer than any of them computes waits for something that never comes. */
const HANGS_AFTER_MS = 3_000;

let onUncaught = (): void => {};
const killed = new Set<number>();
/** Reached while modules load, so that constants depend on them. */
const loaded = new Set<number>();

export default class MutantRunner extends TestRunner {
  #met: Met[] = [];
  #left = 0;
  #cpuBefore = process.cpuUsage();
  #isLoading = true;

  override onCollectStart(file: RunnerTestFile): void {
    this.#isLoading = true;
    super.onCollectStart(file);
  }

  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    await super.onBeforeRunSuite(suite);
    if ('filepath' in suite) this.#left = testsIn(suite).length;
  }

  override async onBeforeRunTask(task: RunnerTask): Promise<void> {
    await super.onBeforeRunTask(task);
    const ids = takeMet();
    if (this.#isLoading) for (const id of ids) loaded.add(id);
    this.#isLoading = false;
    takeRunScripts();
    this.#cpuBefore = process.cpuUsage();
  }

  /** A file's mutants run after its last test, before its fixtures are stopped. */
  override async onAfterRunTask(task: RunnerTask): Promise<void> {
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    const cpuMs = (user + system) / 1_000;
    super.onAfterRunTask(task);
    if (task.type !== 'test') return;
    const { state, duration = 0 } = task.result ?? {};
    // One that takes longer would be abandoned when rerun, and still change Redis during the next.
    if (state === 'pass' && cpuMs <= MAX_CPU_MS && duration < HANGS_AFTER_MS) {
      this.#met.push({ test: task, ids: takeMet(), scripts: takeRunScripts(), cpuMs });
    }
    this.#left -= 1;
    if (this.#left === 0) await withOwnErrors(() => this.#runMutants());
  }

  async #runMutants(): Promise<void> {
    const met: Met[] = [];
    // A test that fails when rerun without a mutant would kill every mutant.
    for (const of of this.#met.toSorted((a, b) => a.cpuMs - b.cpuMs)) {
      if (!(await fails(of.test))) met.push(of);
    }
    this.#met = [];
    takeMet();
    const ids = new Set(met.flatMap((of) => [...of.ids]));
    for (const id of loaded) {
      if ([...ids].some((other) => isSameFile(id, other))) ids.add(id);
    }
    for (const id of ids) {
      if (killed.has(id)) continue;
      const isConstant = loaded.has(id);
      const tests = met.filter((of) => isConstant || of.ids.has(id));
      await this.#try(id, () => withMutant(id, isConstant, () => isNoticed(id, tests)));
    }
    for (const changed of this.injectValue('luaMutants')) {
      const { id, script } = changed;
      const tests = met.filter((of) => of.scripts.has(script));
      if (killed.has(id) || tests.length === 0) continue;
      await this.#try(id, () => withScript(changed, () => isNoticed(id, tests)));
    }
  }

  async #try(id: number, run: () => Promise<boolean>): Promise<void> {
    if (Date.now() > this.injectValue('mutantsUntilAtMs')) {
      this.#report({ id, status: 'late' });
      return;
    }
    const isKilled = await run().catch(() => true);
    if (isKilled) killed.add(id);
    this.#report({ id, status: isKilled ? 'killed' : 'survived' });
  }

  #report(verdict: Verdict): void {
    appendFileSync(this.injectValue('mutantReport'), `${JSON.stringify(verdict)}\n`);
  }
}

async function isNoticed(id: number, tests: readonly Met[]): Promise<boolean> {
  for (const { test } of tests) {
    allow(id);
    if (await fails(test)) return true;
  }
  return false;
}

async function fails(test: RunnerTestCase): Promise<boolean> {
  const suites = suitesOf(test);
  try {
    await runHooks('beforeEach', test, suites);
    return await isWrong(TestRunner.getTestFn(test)());
  } catch {
    return true;
  } finally {
    await runHooks('afterEach', test, suites.toReversed());
  }
}

/** Whether it has thrown where no test catches it, or has not settled in time. */
async function isWrong(running: void | PromiseLike<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<true>((resolve) => {
    timer = setTimeout(resolve, HANGS_AFTER_MS, true);
  });
  const uncaught = new Promise<true>((resolve) => {
    onUncaught = () => resolve(true);
  });
  // What it has scheduled may throw too.
  const ended = Promise.resolve(running).then(() => setImmediate(false));
  try {
    return await Promise.race([ended, late, uncaught]);
  } finally {
    clearTimeout(timer);
  }
}

const UNCAUGHT = ['uncaughtException', 'unhandledRejection'] as const;

/** While mutants run, an error that nobody catches is a mutant's: not Vitest's to report. */
async function withOwnErrors(run: () => Promise<void>): Promise<void> {
  const others = UNCAUGHT.map((event) => process.listeners(event as 'uncaughtException'));
  const note = (): void => onUncaught();
  for (const event of UNCAUGHT) process.removeAllListeners(event).on(event, note);
  try {
    await run();
    await setImmediate();
  } finally {
    for (const [index, event] of UNCAUGHT.entries()) {
      process.removeAllListeners(event);
      for (const listener of others[index] ?? []) process.on(event, listener);
    }
  }
}

async function runHooks(
  name: 'beforeEach' | 'afterEach',
  test: RunnerTestCase,
  suites: readonly RunnerTestSuite[],
): Promise<void> {
  for (const suite of suites) {
    for (const hook of TestRunner.getSuiteHooks(suite)[name]) await hook(test.context, suite);
  }
}

/** The suites that a test is in, the file first. */
function suitesOf(test: RunnerTestCase): readonly RunnerTestSuite[] {
  const suites: RunnerTestSuite[] = [test.file];
  const inner: RunnerTestSuite[] = [];
  for (let suite = test.suite; suite !== undefined && suite !== test.file; suite = suite.suite) {
    inner.unshift(suite);
  }
  return [...suites, ...inner];
}

function testsIn(suite: RunnerTestSuite): readonly RunnerTestCase[] {
  return suite.tasks
    .flatMap((task) => (task.type === 'suite' ? testsIn(task) : [task]))
    .filter(({ mode }) => mode === 'run');
}
