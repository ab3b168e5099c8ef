/**
 * Runs the tests of one file as they are, then those that meet a mutant again with the mutant switched
 * on, fastest first, until one fails. All in one process: a mutant costs milliseconds.
 */
import { appendFileSync } from 'node:fs';

import fc from 'fast-check';
import { type RunnerTask, type RunnerTestCase, type RunnerTestFile, TestRunner } from 'vitest';

import { allow, isSameFile, takeMet, withMutant } from './switch.ts';

/** What became of one mutant in one test file: a line of the report. */
export interface Verdict {
  readonly id: number;
  readonly status: 'killed' | 'survived' | 'late';
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly mutantReport: string;
    /** After this moment no mutant is switched on. */
    readonly mutantsUntilAtMs: number;
  }
}

interface Met {
  readonly test: RunnerTestCase;
  readonly ids: ReadonlySet<number>;
  readonly tookMs: number;
}

/** The first counterexample is enough. */
fc.configureGlobal({ endOnFailure: true });

const killed = new Set<number>();
/** Met while modules are loaded, so that constants depend on them. */
const loaded = new Set<number>();

export default class MutantRunner extends TestRunner {
  #met: Met[] = [];
  #beganAtMs = 0;
  #isLoading = true;

  override onCollectStart(file: RunnerTestFile): void {
    this.#isLoading = true;
    super.onCollectStart(file);
  }

  override async onBeforeRunTask(task: RunnerTask): Promise<void> {
    await super.onBeforeRunTask(task);
    const ids = takeMet();
    if (this.#isLoading) for (const id of ids) loaded.add(id);
    this.#isLoading = false;
    this.#beganAtMs = performance.now();
  }

  override onAfterRunTask(task: RunnerTask): void {
    const tookMs = performance.now() - this.#beganAtMs;
    super.onAfterRunTask(task);
    if (task.type !== 'test' || task.result?.state !== 'pass') return;
    this.#met.push({ test: task, ids: takeMet(), tookMs });
  }

  override async onAfterRunFiles(files: RunnerTestFile[]): Promise<void> {
    const met = this.#met.toSorted((a, b) => a.tookMs - b.tookMs);
    this.#met = [];
    const ids = new Set(met.flatMap((of) => [...of.ids]));
    for (const id of loaded) {
      if ([...ids].some((other) => isSameFile(id, other))) ids.add(id);
    }
    for (const id of ids) {
      if (!killed.has(id)) this.#report(await this.#try(id, met));
    }
    super.onAfterRunFiles(files);
  }

  async #try(id: number, met: readonly Met[]): Promise<Verdict> {
    if (Date.now() > this.injectValue('mutantsUntilAtMs')) return { id, status: 'late' };
    const isLoaded = loaded.has(id);
    const tests = met.filter(({ ids }) => isLoaded || ids.has(id));
    const isKilled = await withMutant(id, isLoaded, async () => {
      for (const { test } of tests) {
        allow(id);
        if (await fails(test)) return true;
      }
      return false;
    }).catch(() => true);
    if (isKilled) killed.add(id);
    return { id, status: isKilled ? 'killed' : 'survived' };
  }

  #report(verdict: Verdict): void {
    appendFileSync(this.injectValue('mutantReport'), `${JSON.stringify(verdict)}\n`);
  }
}

async function fails(test: RunnerTestCase): Promise<boolean> {
  try {
    await TestRunner.getTestFn(test)();
    return false;
  } catch {
    return true;
  }
}
