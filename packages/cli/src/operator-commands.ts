/** The commands that watch and operate a running system: their options and help. */

import { LANGUAGES } from '@zephyr/contract/language';
import { type ModeKind, modeKind } from '@zephyr/contract/selection';
import type { Environment } from '@zephyr/runtime/environment';
import { phrase } from '@zephyr/runtime/phrase';
import type { Language, Translate } from '@zephyr/texts';
import { Argument, type Command, Option } from 'commander';
import { rejectValue } from './command-line/zephyr-command.ts';
import {
  COMPLETION_SHELLS,
  type CompletionShell,
  completionScript,
} from './commands/completion.ts';
import { CONTROLLER_URL } from './network/service-location.ts';

/** Called by the completion scripts. */
const ENDPOINTS = 'endpoints';
const EVENT_KINDS = ['decision', 'notice', 'command', 'config', 'leader', 'store'] as const;

export interface Surroundings {
  readonly environment: Environment;
  readonly print: (line: string) => void;
  readonly language: Language;
  /** In that language. */
  readonly say: Translate;
}

/** @param options that every command takes: the paths of the configuration */
export function addOperatorCommands(
  program: Command,
  options: readonly Option[],
  { environment, print, say }: Surroundings,
): void {
  const add: AddCommand = (definition, description, examples) =>
    adminCommand(program, { definition, description, examples, say, options });

  add('dashboard', say('cli.dashboard'), [
    'dashboard',
    'dashboard --url http://zephyr.lan:8081',
  ]).action(async (given) => {
    const { dashboard } = await import('./commands/dashboard.ts');
    await dashboard(given, environment);
  });

  add('status', say('cli.status'), ['status', 'status --watch', 'status --json | jq .selection'])
    .option('-w, --watch', say('cli.option.watch'))
    .option('--probe', say('cli.option.probe'))
    .addOption(jsonOption(say))
    .action(async ({ watch, ...given }) => {
      const { status, watchStatus } = await import('./commands/status.ts');
      if (watch !== true) {
        print(await status(given, environment));
        return;
      }
      const isTerminal = process.stdout.isTTY && environment['TERM'] !== 'dumb';
      const screen = isTerminal ? sizeOfTerminal : undefined;
      await watchStatus({ options: given, environment, print, screen, signal: untilEnded() });
    });

  add('select', say('cli.select'), ['select instcopilot-hk', 'select backup --force'])
    .argument('<endpoint>', say('cli.endpoint'))
    .option('--force', say('cli.option.force'))
    .addOption(jsonOption(say))
    .action(async (wanted: string, given) => {
      const { select } = await import('./commands/select.ts');
      print(await select(wanted, given, environment));
    });

  add('mode', say('cli.mode'), ['mode', 'mode auto', 'mode manual --json'])
    .addArgument(new Argument('[mode]').choices(modeKind.options))
    .addOption(jsonOption(say))
    .action(async (kind: ModeKind | undefined, given) => {
      const { mode } = await import('./commands/mode.ts');
      print(await mode(kind, given, environment));
    });

  const rest = { environment, print, say };
  addActions(add, rest);
  addEvents(add, rest);
  addReplay(add, rest);
  addCompletion(program, { ...rest, options });
}

type Voice = Omit<Surroundings, 'language'>;

export type AddCommand = (
  definition: string,
  description: string,
  examples: readonly string[],
) => Command;

function addActions(add: AddCommand, { environment, print, say }: Voice): void {
  for (const name of ['pause', 'resume'] as const) {
    add(name, say(`cli.${name}`), [name])
      .addOption(jsonOption(say))
      .action(async (given) => {
        const { setPaused } = await import('./commands/pause.ts');
        print(await setPaused(name, given, environment));
      });
  }

  for (const name of ['enable', 'disable'] as const) {
    const command = add(name, say(`cli.${name}`), [`${name} instcopilot-hk`])
      .argument('<endpoint>', say('cli.endpoint'))
      .addOption(jsonOption(say))
      .action(async (wanted: string, given) => {
        const { setInService } = await import('./commands/endpoint-service.ts');
        print(await setInService({ name, wanted }, given, environment));
      });
    if (name === 'disable') command.option('--force', say('cli.option.forceDisable'));
  }

  add('move-sessions', say('cli.move'), ['move-sessions', 'move-sessions instcopilot-hk'])
    .argument('[endpoint]', say('cli.option.from'))
    .addOption(jsonOption(say))
    .action(async (from: string | undefined, given) => {
      const { moveSessions } = await import('./commands/move-sessions.ts');
      print(await moveSessions(from, given, environment));
    });

  add('reload', say('cli.reload'), ['reload'])
    .addOption(jsonOption(say))
    .action(async (given) => {
      const { reload } = await import('./commands/reload.ts');
      print(await reload(given, environment));
    });
}

function addEvents(add: AddCommand, { environment, print, say }: Voice): void {
  add('events', say('cli.events'), [
    'events --last 20',
    'events --follow --kind decision',
    'events --json | jq .decision',
  ])
    .option('-f, --follow', say('cli.option.follow'))
    .option('-n, --last <number>', say('cli.option.last'), parseCount, 20)
    .addOption(
      new Option('--kind <kind...>', say('cli.option.kind')).choices(EVENT_KINDS).default([]),
    )
    .option('--json', say('cli.option.jsonLines'))
    .action(async (given) => {
      const { events } = await import('./commands/events.ts');
      await events({ options: given, environment, print, signal: untilEnded() });
    });
}

function addReplay(add: AddCommand, { environment, print, say }: Voice): void {
  add('replay', say('cli.replay'), [
    'replay',
    'replay --set switching.thresholdMs=100 --set switching.dwellMs=30000',
    'replay --from 12',
    'replay --config other.toml',
    'replay --save monday.jsonl',
    'replay --file monday.jsonl --set switching.confidence=3 --json',
  ])
    .option('--file <path>', say('cli.option.file'))
    .option('--save <path>', say('cli.option.save'))
    .option('--from <number>', say('cli.option.fromDecision'), parseNumber)
    .option(
      '--set <setting=value>',
      say('cli.option.set'),
      (value, former: readonly string[] | undefined) => [...(former ?? []), value],
    )
    .addOption(jsonOption(say))
    .addHelpText('after', `\n${say('replay.note')}`)
    .action(async (given, command: Command) => {
      const { replay } = await import('./commands/replay.ts');
      const hasOtherConfig = command.getOptionValueSource('config') === 'cli';
      const { text, exitCode } = await replay({ options: given, environment, hasOtherConfig });
      print(text);
      process.exitCode = exitCode;
    });
}

function addCompletion(
  program: Command,
  { environment, print, say, options }: Voice & { readonly options: readonly Option[] },
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
        const { endpointWords } = await import('./commands/endpoint-words.ts');
        print(await endpointWords(given, environment));
        return;
      }
      print(completionScript(wanted, program));
    });
}

interface AdminCommand {
  readonly definition: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly say: Translate;
  readonly options: readonly Option[];
}

export function adminCommand(program: Command, about: AdminCommand): Command {
  const { definition, description, examples, say, options } = about;
  const command = program.command(definition).description(description);
  for (const option of options) command.addOption(option);
  return command
    .addOption(urlOption(say('cli.option.url')))
    .addOption(new Option('--language <language>', say('cli.option.language')).choices(LANGUAGES))
    .addHelpText('after', helpTail(say, examples));
}

/** Aborted on SIGINT or SIGTERM; the command then exits with 0. */
export function untilEnded(): AbortSignal {
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort());
  process.once('SIGTERM', () => ending.abort());
  return ending.signal;
}

/** On a team host, the controller runs in another container. */
export function urlOption(text: string): Option {
  return new Option('--url <url>', text).env(CONTROLLER_URL);
}

export function jsonOption(say: Translate): Option {
  return new Option('--json', say('cli.option.json'));
}

function helpTail(say: Translate, examples: readonly string[]): string {
  const lines = examples.map((example) => `  zephyr ${example}`);
  return ['', say('cli.examples'), ...lines, '', say('cli.exitCodes')].join('\n');
}

type CompletionTarget = CompletionShell | typeof ENDPOINTS;

function parseShell(text: string): CompletionTarget {
  const target = [...COMPLETION_SHELLS, ENDPOINTS].find((word) => word === text);
  if (target !== undefined) return target as CompletionTarget;
  return rejectValue(text, phrase`one of: ${COMPLETION_SHELLS.join(', ')}`);
}

function parseNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) rejectValue(text, phrase`a whole number`);
  return Number(text);
}

export function parseCount(text: string): number {
  if (!/^\d{1,4}$/.test(text)) rejectValue(text, phrase`a number from 0 to 9999`);
  return Number(text);
}

/** Some terminals report zero columns. */
function sizeOfTerminal() {
  const { columns, rows } = process.stdout;
  return { columns: columns || 80, rows: rows || 24 };
}
