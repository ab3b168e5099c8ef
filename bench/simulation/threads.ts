/** Runs the independent parts of the comparison in parallel. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import type { Part, WorldRun } from './part.ts';
import type { FromThread } from './part-thread.ts';

/** @returns results in the order of `parts` */
export async function runInThreads(
  parts: readonly Part[],
  progress: (line: string) => void,
): Promise<readonly (readonly WorldRun[])[]> {
  const results: (readonly WorldRun[])[] = [];
  const waiting = [...parts.entries()];
  const runRest = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, part] = next;
      results[index] = await runInThread(part, (world) =>
        progress(`seed ${part.seed}, ${part.kind.replace('_', ' ')}, ${world}`),
      );
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, runRest));
  return results;
}

function runInThread(part: Part, progress: (world: string) => void): Promise<readonly WorldRun[]> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./part-thread.ts', import.meta.url), { workerData: part });
    thread.on('message', (message: FromThread) => {
      if ('runs' in message) resolve(message.runs);
      else progress(message.finished);
    });
    thread.on('error', reject);
    thread.on('exit', (code) => reject(new Error(`a thread ended with ${code}`)));
  });
}
