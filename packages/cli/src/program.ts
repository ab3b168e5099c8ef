/**
 * All commands with their options and help. The module of a command is loaded only when it runs, so
 * that unused commands cost no start-up time.
 */
import { existsSync } from 'node:fs';

import { DEFAULT_FILES, FILE_VARIABLES } from '@zephyr/runtime/config/files/config-files';
import { readText } from '@zephyr/runtime/config/files/read-text';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { VERSION } from '@zephyr/runtime/version';
import { translator } from '@zephyr/texts';
import { type Command, Option } from 'commander';

import type { Surroundings } from './command-line/command-options.ts';
import { factsIn, titleIn } from './command-line/help-text.ts';
import { ZephyrCommand } from './command-line/zephyr-command.ts';
import { addConfigCommands } from './commands/config/config-commands.ts';
import { addDiagnoseCommands } from './commands/diagnose/diagnose-commands.ts';
import { addLifecycleCommands, addService } from './commands/lifecycle/lifecycle-commands.ts';
import { addHistoryCommands, addObserveCommands } from './commands/observe/observe-commands.ts';
import { addOperateCommands } from './commands/operate/operate-commands.ts';
import {
  addCompletion,
  addNotifyCommands,
  addSetupCommands,
} from './commands/setup/setup-commands.ts';
import { addCost, addUsageCommands } from './commands/usage/usage-commands.ts';

export function buildProgram(given: Omit<Surroundings, 'say'>): Command {
  const say = translator(given.language);
  const surroundings = { ...given, say };
  const program = new ZephyrCommand('zephyr')
    .description(say('cli.zephyr'))
    .version(VERSION, '-V, --version', say('cli.version'))
    .enablePositionalOptions()
    .helpOption('-h, --help', say('cli.help'))
    .helpCommand('help [command]', say('cli.help'))
    .configureHelp({
      styleTitle: (title) => titleIn(say, title),
      styleOptionDescription: (text) => factsIn(say, text),
      styleArgumentDescription: (text) => factsIn(say, text),
    })
    .exitOverride()
    .hook('preAction', (_, action) => {
      const { config, envFile } = action.opts();
      if (action.getOptionValueSource('config') === 'cli') requireConfig(config);
      if (action.getOptionValueSource('envFile') === 'cli') requireEnvFile(envFile);
    });
  const files = [
    new Option('--config <path>', say('cli.option.config'))
      .default(DEFAULT_FILES.config)
      .env(FILE_VARIABLES.config),
    new Option('--env-file <path>', say('cli.option.envFile'))
      .default(DEFAULT_FILES.envFile)
      .env(FILE_VARIABLES.envFile),
  ];
  // In this order they are in --help and in docs/cli.md.
  addLifecycleCommands(program, files, surroundings);
  addDiagnoseCommands(program, files, surroundings);
  addCost(program, files, surroundings);
  addConfigCommands(program, files, surroundings);
  addSetupCommands(program, files, surroundings);
  addService(program, files, surroundings);
  addObserveCommands(program, files, surroundings);
  addOperateCommands(program, files, surroundings);
  addHistoryCommands(program, files, surroundings);
  addCompletion(program, files, surroundings);
  addNotifyCommands(program, files, surroundings);
  addUsageCommands(program, files, surroundings);
  return program;
}

/**
 * Without it, a command would reach the system on the default port, which may be another one.
 * @param path given with `--config` @throws ZephyrError `CONFIG`
 */
function requireConfig(path: string): void {
  if (!existsSync(path)) readText(path, 'must exist');
}

/**
 * Only the default may be missing, because the tokens may be in the environment.
 * @param path given with `--env-file` @throws ZephyrError `CONFIG`
 */
function requireEnvFile(path: string): void {
  if (existsSync(path)) return;
  throw new ZephyrError('CONFIG', phrase`--env-file ${path}: this file does not exist`, {
    advice: [phrase`check the path; without --env-file, .env is read if it exists`],
  });
}
