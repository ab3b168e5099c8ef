/**
 * The `zephyr` command: runs what the command line says and sets the exit code. What it needs is
 * loaded after `takeEnvironment`, which may start this program once more.
 */
import { takeEnvironment } from '@zephyr/runtime/environment';
import { EXIT, explain, ZephyrError } from '@zephyr/runtime/errors';
import { CommanderError } from 'commander';

const environment = await takeEnvironment();
try {
  const { buildProgram } = await import('./program.ts');
  await buildProgram({ environment, print: console.log }).parseAsync();
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
