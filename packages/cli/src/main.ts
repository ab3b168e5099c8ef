/**
 * The `zephyr` command: runs the command line and sets the exit code. Everything else is loaded after
 * `takeEnvironment`, which may restart this program.
 */
import { existsSync } from 'node:fs';

import { configFilesIn } from '@zephyr/runtime/config/files/config-files';
import { takeEnvironment } from '@zephyr/runtime/environment';
import { EXIT, ZephyrError } from '@zephyr/runtime/errors';
import { CommanderError } from 'commander';

import { outliveOutput, print } from './output/print.ts';

const environment = takeEnvironment();
outliveOutput();
try {
  const { buildProgram } = await import('./program.ts');
  const { languageOfRun } = await import('./output/language-of-run.ts');
  const { withCommand } = await import('./command-line/original-flags.ts');
  const hasConfig = existsSync(configFilesIn(environment).config);
  const args = withCommand(process.argv.slice(2), hasConfig);
  const language = languageOfRun(args, environment);
  await buildProgram({ environment, print, language }).parseAsync(args, { from: 'user' });
} catch (error) {
  // A service that did not become ready in time may keep this process alive.
  process.exit(await exitCodeOf(error));
}

/** Commander has already printed its own errors; help and version are not errors. */
async function exitCodeOf(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { errorText } = await import('./output/error-text.ts');
  const { languageOfRun } = await import('./output/language-of-run.ts');
  console.error(errorText(error, languageOfRun(process.argv.slice(2), environment)));
  const isUsage = error instanceof ZephyrError && ['CONFIG', 'USAGE'].includes(error.code);
  return isUsage ? EXIT.usage : EXIT.failure;
}
