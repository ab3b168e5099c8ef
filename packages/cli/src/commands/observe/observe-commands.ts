/** The commands that show what a running system does, and why: their options and help. */

import { phrase } from '@zephyr/runtime/phrase';
import { type Command, Option } from 'commander';
import {
  type AddCommand,
  adderOfAdminCommands,
  jsonOption,
  parseCount,
  type Surroundings,
} from '../../command-line/command-options.ts';
import { untilEnded } from '../../command-line/until-ended.ts';
import { rejectValue } from '../../command-line/zephyr-command.ts';

const EVENT_KINDS = ['decision', 'notice', 'command', 'config', 'leader', 'store'] as const;

/** @param options that every command takes: the paths of the configuration */
export function addObserveCommands(
  program: Command,
  options: readonly Option[],
  { environment, print, say }: Surroundings,
): void {
  const add = adderOfAdminCommands(program, options, say);

  add('dashboard', say('cli.dashboard'), [
    'dashboard',
    'dashboard --url http://zephyr.lan:8081',
  ]).action(async (given) => {
    const { dashboard } = await import('./dashboard.ts');
    await dashboard(given, environment);
  });

  add('status', say('cli.status'), ['status', 'status --watch', 'status --json | jq .selection'])
    .option('-w, --watch', say('cli.option.watch'))
    .option('--probe', say('cli.option.probe'))
    .addOption(jsonOption(say))
    .action(async ({ watch, ...given }) => {
      const { status, watchStatus } = await import('./status.ts');
      if (watch !== true) {
        print(await status(given, environment));
        return;
      }
      const isTerminal = process.stdout.isTTY && environment['TERM'] !== 'dumb';
      const screen = isTerminal ? sizeOfTerminal : undefined;
      await watchStatus({ options: given, environment, print, screen, signal: untilEnded() });
    });
}

/** @param options that every command takes: the paths of the configuration */
export function addHistoryCommands(
  program: Command,
  options: readonly Option[],
  surroundings: Surroundings,
): void {
  const add = adderOfAdminCommands(program, options, surroundings.say);
  addEvents(add, surroundings);
  addReplay(add, surroundings);
}

function addEvents(add: AddCommand, { environment, print, say }: Surroundings): void {
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
      const { events } = await import('./events.ts');
      await events({ options: given, environment, print, signal: untilEnded() });
    });
}

function addReplay(add: AddCommand, { environment, print, say }: Surroundings): void {
  add('replay', say('cli.replay'), [
    'replay',
    'replay --set switching.switchThresholdMs=100 --set switching.dwellMs=30000',
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
      const { replay } = await import('./replay.ts');
      const hasOtherConfig = command.getOptionValueSource('config') === 'cli';
      const { text, exitCode } = await replay({ options: given, environment, hasOtherConfig });
      print(text);
      process.exitCode = exitCode;
    });
}

function parseNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) rejectValue(text, phrase`a whole number`);
  return Number(text);
}

/** Some terminals report zero columns. */
function sizeOfTerminal() {
  const { columns, rows } = process.stdout;
  return { columns: columns || 80, rows: rows || 24 };
}
