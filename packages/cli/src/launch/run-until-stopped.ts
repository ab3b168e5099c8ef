import { EXIT } from '@zephyr/runtime/errors';

import type { LaunchedSystem } from './launcher.ts';

export interface RunOptions {
  readonly print: (line: string) => void;
  /** Settles when a person asks for the end: by a signal, or in the dashboard. */
  readonly until: Promise<void>;
}

/**
 * Waits until it is asked to end, then ends the system: in good order, which waits for running
 * answers; with another signal at once. Also when something failed that is no service's.
 *
 * @returns the exit code, with which the caller ends the process
 */
export async function runUntilStopped(
  system: LaunchedSystem,
  { print, until }: RunOptions,
): Promise<number> {
  const fault = await Promise.race([until, system.fault]);
  if (fault !== undefined) print(`An error of the launcher: ${fault.stack}`);
  print('Ending; running answers may finish. Ctrl-C ends at once.');
  const stopped = system.stop().then(() => 'in order' as const);
  const how = await Promise.race([stopped, nextSignal().then(() => 'at once' as const)]);
  if (how === 'at once') await system.abandon();
  return how === 'in order' && fault === undefined ? EXIT.ok : EXIT.failure;
}

/**
 * Ctrl-C, SIGTERM, or the end of the terminal. Taken before anything is started, so that a signal
 * in the middle of the start ends in good order too.
 */
export function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    const received = () => {
      process.off('SIGINT', received);
      process.off('SIGTERM', received);
      process.off('SIGHUP', received);
      resolve();
    };
    process.on('SIGINT', received);
    process.on('SIGTERM', received);
    process.on('SIGHUP', received);
  });
}
