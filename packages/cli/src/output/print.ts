/** What this program prints, and what happens when it cannot. */
import { EXIT } from '@zephyr/runtime/errors';

/**
 * A service keeps running without its log, whether the reader is gone (EPIPE), the terminal is gone (EIO) or
 * the disk is full (ENOSPC). If thrown, such an error would be logged, and fail again.
 */
export function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/**
 * Prints a line of a command's result. Ends this program once the reader is gone, as in `zephyr events
 * --follow | head -1`, and fails if the result cannot be written.
 */
export function print(text: string): void {
  process.stdout.write(`${text}\n`, (error) => {
    if (!error) return;
    if ('code' in error && error.code === 'EPIPE') process.exit();
    console.error(`The output could not be written: ${error.message}`);
    process.exit(EXIT.failure);
  });
}
