/** The `zephyr` command: runs what the command line says and sets the exit code. */
import { EXIT, explain, ZephyrError } from '@zephyr/runtime/errors';
import { CommanderError } from 'commander';

import { buildProgram } from './program.ts';

try {
  await buildProgram({ environment: process.env, print: console.log }).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Commander has told its own errors already; help and version are no errors. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  console.error(explain(error));
  const isUsage = error instanceof ZephyrError && ['CONFIG', 'USAGE'].includes(error.code);
  return isUsage ? EXIT.usage : EXIT.failure;
}
