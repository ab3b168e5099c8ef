import { EXIT } from '@zephyr/runtime/errors';
import type { Translate } from '@zephyr/texts';

import type { LaunchedSystem } from './launcher.ts';

export interface RunOptions {
  readonly print: (line: string) => void;
  readonly say: Translate;
  readonly signals: StopSignals;
  /** Settles when the user asks to stop; by default the first signal. */
  readonly until?: Promise<void>;
}

/**
 * Waits for a stop request or a fault outside any service, then stops the system gracefully, waiting for
 * active requests; a second signal stops it immediately.
 *
 * @returns the exit code, for the caller to exit with
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

/** Stop requests: Ctrl-C, SIGTERM, or a closed terminal. */
export interface StopSignals {
  readonly first: Promise<void>;
  /** The next signal: the second, once the first has arrived. */
  next(): Promise<void>;
}

/**
 * Installed before anything is started, so that a signal during the start also stops gracefully. The
 * listeners stay until the second signal, because a gap would let a signal kill this process. Only a third
 * one does, whatever hangs.
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
