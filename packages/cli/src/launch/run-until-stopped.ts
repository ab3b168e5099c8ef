import { EXIT } from '@zephyr/runtime/errors';

import type { LaunchedSystem } from './launcher.ts';

export interface RunOptions {
  readonly print: (line: string) => void;
  /** Settles when a person asks by other means than a signal, e.g. in the dashboard. */
  readonly quit?: Promise<void> | undefined;
}

/**
 * Waits for Ctrl-C, SIGTERM or `quit`, then ends the system: first in good order, which waits for
 * running answers; with another signal at once.
 *
 * @returns the exit code
 */
export async function runUntilStopped(
  system: LaunchedSystem,
  { print, quit }: RunOptions,
): Promise<number> {
  await Promise.race([nextSignal(), ...(quit === undefined ? [] : [quit])]);
  print('Ending; running answers may finish. Ctrl-C ends at once.');
  const stopped = system.stop().then(() => 'in order' as const);
  const how = await Promise.race([stopped, nextSignal().then(() => 'at once' as const)]);
  if (how === 'at once') await system.kill();
  return how === 'in order' ? EXIT.ok : EXIT.failure;
}

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
    // The terminal was closed.
    process.on('SIGHUP', received);
  });
}
