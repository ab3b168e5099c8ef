/** The commands that set up what is around the system: their options and help. */
import { LANGUAGES } from '@zephyr/contract/language';
import { phrase } from '@zephyr/runtime/phrase';
import { Argument, type Command, Option } from 'commander';

import { SHELLS } from '../../claude-code/shell-lines.ts';
import { helpTail, jsonOption, type Surroundings } from '../../command-line/command-options.ts';
import { examplesOf } from '../../command-line/help-text.ts';
import { rejectValue } from '../../command-line/zephyr-command.ts';
import { COMPLETION_SHELLS, type CompletionShell, completionScript } from './completion.ts';

/** Called by the completion scripts. */
const ENDPOINTS = 'endpoints';

/** @param files the paths of the configuration */
export function addSetupCommands(
  program: Command,
  files: readonly Option[],
  surroundings: Surroundings,
): void {
  addSecrets(program, surroundings);
  addConnect(program, files, surroundings);
}

function addSecrets(program: Command, { print, say }: Surroundings): void {
  program
    .command('secrets <folder>')
    .description(say('cli.secrets'))
    .option('--redis <host:port>', say('cli.secrets.redis'), 'redis:6379')
    .addHelpText(
      'after',
      examplesOf(say, 'secrets secrets', 'secrets secrets --redis redis.lan:6379'),
    )
    .action(async (folder: string, options: { redis: string }) => {
      const { makeSecrets } = await import('./secrets.ts');
      const created = makeSecrets(folder, options);
      if (created.length === 0) print(say('secrets.none', { folder }));
      for (const path of created) print(say('secrets.created', { path }));
    });
}

function addConnect(
  program: Command,
  [configOption]: readonly Option[],
  { environment, print, say }: Surroundings,
): void {
  const command = program.command('connect').description(say('cli.connect'));
  if (configOption !== undefined) command.addOption(configOption);
  command
    .option('--url <address>', say('cli.connect.url'))
    .addOption(new Option('--shell <name>', say('cli.connect.shell')).choices(SHELLS).default('sh'))
    .option('--claude-settings', say('cli.connect.claudeSettings'))
    .option('--print', say('cli.connect.print'))
    .option('--undo', say('cli.connect.undo'))
    .addHelpText(
      'after',
      examplesOf(
        say,
        'connect',
        'connect --url http://zephyr.lan:8080 --claude-settings',
        'connect --undo',
      ),
    )
    .action(async (options) => {
      const { connect } = await import('./connect.ts');
      print(await connect(options, environment, say));
    });
}

/** @param options that every command takes: the paths of the configuration */
export function addCompletion(
  program: Command,
  options: readonly Option[],
  { environment, print, say }: Surroundings,
): void {
  const command = program
    .command('completion')
    .description(say('cli.completion'))
    .addArgument(new Argument('<shell>').choices(COMPLETION_SHELLS).argParser(parseShell));
  for (const option of options) command.addOption(option);
  command
    .addHelpText(
      'after',
      helpTail(say, [
        'completion bash > ~/.local/share/bash-completion/completions/zephyr',
        'completion zsh > ~/.zsh/completions/_zephyr',
        'completion fish > ~/.config/fish/completions/zephyr.fish',
      ]),
    )
    .action(async (wanted: CompletionTarget, given) => {
      if (wanted === ENDPOINTS) {
        const { endpointWords } = await import('./completion-endpoints.ts');
        print(await endpointWords(given, environment));
        return;
      }
      print(completionScript(wanted, program));
    });
}

type CompletionTarget = CompletionShell | typeof ENDPOINTS;

function parseShell(text: string): CompletionTarget {
  const target = [...COMPLETION_SHELLS, ENDPOINTS].find((word) => word === text);
  if (target !== undefined) return target as CompletionTarget;
  return rejectValue(text, phrase`one of: ${COMPLETION_SHELLS.join(', ')}`);
}

/** @param options that every command takes: the paths of the configuration */
export function addNotifyCommands(
  program: Command,
  options: readonly Option[],
  { environment, print, say }: Surroundings,
): void {
  const test = program
    .command('notify')
    .description(say('cli.notify'))
    .command('test')
    .description(say('cli.notify.test'));
  for (const option of options) test.addOption(option);
  test
    .addOption(new Option('--language <language>', say('cli.option.language')).choices(LANGUAGES))
    .addOption(jsonOption(say))
    .addHelpText('after', ['', say('cli.examples'), '  zephyr notify test'].join('\n'))
    .action(async (given) => {
      const { testNotifications } = await import('./notify-test.ts');
      const { text, exitCode } = await testNotifications(given, environment);
      print(text);
      process.exitCode = exitCode;
    });
}
