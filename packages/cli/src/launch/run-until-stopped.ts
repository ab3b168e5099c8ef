import { EXIT } from '@zephyr/runtime/errors';
import type { Translate } from '@zephyr/texts';

import type { LaunchedSystem } from './launcher.ts';

export interface RunOptions {
  readonly print: (line: string) => void;
  readonly say: Translate;
  readonly signals: StopSignals;
  /** Settles when a person asks for the end; by default the first signal. */
  readonly until?: Promise<void>;
}

/**
 * Waits until it is asked to end, then ends the system: in good order, which waits for running
 * answers; with another signal at once. Also when something failed that is no service's.
 *
 * @returns the exit code, with which the caller ends the process
 */
export async function runUntilStopped(
  system: LaunchedSystem,
  { print, say, signals, until = signals.first }: RunOptions,
): Promise<number> {
  const fault = await Promise.race([until, system.fault]);
  const another = signals.next();
  if (fault !== undefined) print(say('start.fault', { stack: String(fault.stack) }));
  print(say('start.ending'));
  const stopped = system.stop().then(() => 'in order' as const);
  const how = await Promise.race([stopped, another.then(() => 'at once' as const)]);
  if (how === 'at once') await system.abandon();
  return how === 'in order' && fault === undefined ? EXIT.ok : EXIT.failure;
}

/** Requests to end: Ctrl-C, SIGTERM, or the end of the terminal. */
export interface StopSignals {
  readonly first: Promise<void>;
  /** The second one, where the first has come. */
  next(): Promise<void>;
}

/**
 * Taken before anything is started, so that a signal in the middle of the start ends in good order
 * too. The listeners stay until the second signal: between two of them a signal would end this
 * process by itself. Only a third one does, whatever hangs.
 */
export function takeStopSignals(): StopSignals {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let hasCome = false;
  const received = () => {
    if (hasCome) {
      second.resolve();
      for (const name of names) process.off(name, received);
    }
    hasCome = true;
    first.resolve();
  };
  for (const name of names) process.on(name, received);
  return { first: first.promise, next: () => (hasCome ? second : first).promise };
}
