/** A thread that runs one part of the comparison: see `threads.ts`. */
import { parentPort, workerData } from 'node:worker_threads';

import { type Part, runPart, type WorldRun } from './part.ts';

/** `finished` names a world; `runs` comes last. */
export type FromThread = { readonly finished: string } | { readonly runs: readonly WorldRun[] };

function send(message: FromThread): void {
  parentPort?.postMessage(message);
}

send({ runs: runPart(workerData as Part, (finished) => send({ finished })) });
