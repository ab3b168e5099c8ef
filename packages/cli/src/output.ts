/** What this program prints, and what happens when it cannot. */
import { EXIT } from '@zephyr/runtime/errors';

/**
 * A service goes on without its log, whatever became of that: nobody reads on (EPIPE), the terminal is
 * gone (EIO), the disk is full (ENOSPC). Thrown, such an error would be logged as well, and fail again.
 */
export function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/**
 * Prints a line of a command's result. Ends this program once nobody reads on, as in
 * `zephyr events --follow | head -1`, and fails when the result cannot be written.
 */
export function print(text: string): void {
  process.stdout.write(`${text}\n`, (error) => {
    if (!error) return;
    if ('code' in error && error.code === 'EPIPE') process.exit();
    console.error(`The output could not be written: ${error.message}`);
    process.exit(EXIT.failure);
  });
}
