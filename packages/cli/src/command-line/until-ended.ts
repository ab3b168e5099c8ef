/** How a command that may run for a while ends on Ctrl-C. */
import type { Environment } from '@zephyr/runtime/environment';

/** Aborted on SIGINT or SIGTERM; the command then exits with 0. */
export function untilEnded(): AbortSignal {
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort());
  process.once('SIGTERM', () => ending.abort());
  return ending.signal;
}

/** Context of a command that may run for a while. */
export function beside(environment: Environment) {
  // On stderr, because the output may go to a file or a program.
  const progress = (line: string) => void process.stderr.write(`${line}\n`);
  // Ctrl-C first stops running probes and the processes they started.
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  return { environment, progress, signal: ending.signal };
}
