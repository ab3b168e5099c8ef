/**
 * The `zephyr` command: runs the command line and sets the exit code. Everything else is loaded after
 * `takeEnvironment`, which may restart this program.
 */
import { takeEnvironment } from '@zephyr/runtime/environment';
import { EXIT, explain, ZephyrError } from '@zephyr/runtime/errors';
import { CommanderError } from 'commander';

const environment = takeEnvironment();
try {
  const { buildProgram } = await import('./program.ts');
  await buildProgram({ environment, print: console.log }).parseAsync();
} catch (error) {
  // A service that did not become ready in time may hold this process open.
  process.exit(exitCodeOf(error));
}

/** Commander has already printed its own errors; help and version are not errors. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  console.error(explain(error));
  const isUsage = error instanceof ZephyrError && ['CONFIG', 'USAGE'].includes(error.code);
  return isUsage ? EXIT.usage : EXIT.failure;
}
