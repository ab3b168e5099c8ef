import { EXIT } from '@zephyr/runtime/errors';

import type { LaunchedSystem } from './launcher.ts';

/**
 * Waits for Ctrl-C or SIGTERM, then ends the system: the first signal in good order, which waits
 * for running answers, the second at once.
 *
 * @returns the exit code
 */
export async function runUntilStopped(
  system: LaunchedSystem,
  print: (line: string) => void,
): Promise<number> {
  await nextSignal();
  print('Ending; running answers may finish. Ctrl-C again ends at once.');
  const stopped = system.stop().then(() => 'in order' as const);
  const how = await Promise.race([stopped, nextSignal().then(() => 'at once' as const)]);
  if (how === 'at once') await system.kill();
  return how === 'in order' ? EXIT.ok : EXIT.failure;
}

function nextSignal(): Promise<void> {
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
