/** The commands that show who used what, and what it cost: their options and help. */
import { DEFAULT_DIMENSIONS, USAGE_DIMENSIONS } from '@zephyr/contract/usage/usage';
import type { Translate } from '@zephyr/texts';
import type { Command, Option } from 'commander';

import {
  adderOfCommands,
  adminCommand,
  jsonOption,
  parseCount,
  parsePositiveCount,
  type Surroundings,
  urlOption,
} from '../../command-line/command-options.ts';
import { untilEnded } from '../../command-line/until-ended.ts';

/** @param options that every command takes: the paths of the configuration */
export function addCost(
  program: Command,
  options: readonly Option[],
  { environment, print, say }: Surroundings,
): void {
  const add = adderOfCommands(program, options, say);
  add('cost', say('cli.cost'), ['cost', 'cost --days 7'])
    .addOption(urlOption(say('cli.option.url')))
    .option('--days <number>', say('cli.cost.days'), parsePositiveCount)
    .action(async (given) => {
      const { cost } = await import('./cost.ts');
      print(await cost(given, environment));
    });
}

/** @param options that every command takes: the paths of the configuration */
export function addUsageCommands(
  program: Command,
  options: readonly Option[],
  { environment, print, say }: Surroundings,
): void {
  const common = { say, options };
  const usage = adminCommand(program, {
    ...{ definition: 'usage', description: say('cli.usage'), ...common },
    examples: [
      'usage',
      'usage --by day --since 30d',
      'usage --by person,model --since 2026-11-01 --json',
      'usage export --csv > usage.csv',
    ],
  });
  withTimes(usage, { by: 'cli.option.by', since: '7d' }, say)
    // Options after `export` are its own: both take --json.
    .enablePositionalOptions()
    .action(async (given) => {
      const { showUsage } = await import('./usage.ts');
      print(await showUsage(given, environment));
    });
  const exported = adminCommand(usage, {
    ...{ definition: 'export', description: say('cli.usage.export'), ...common },
    examples: ['usage export --csv > usage.csv', 'usage export --json --since 30d'],
  });
  withTimes(exported, { by: 'cli.option.byOfExport', since: '400d' }, say)
    .option('--csv', say('cli.option.csv'))
    .action(async (given) => {
      const { exportUsage } = await import('./usage.ts');
      // On stderr, because the output may go to a file or a program.
      const warn = (line: string) => void process.stderr.write(`${line}\n`);
      print(await exportUsage(given, environment, warn));
    });

  adminCommand(program, {
    ...{ definition: 'requests', description: say('cli.requests'), ...common },
    examples: ['requests --follow', 'requests --failed --person ann', 'requests --id req_011CS'],
  })
    .option('-f, --follow', say('cli.option.followRequests'))
    .option('--person <name>', say('cli.option.person'))
    .option('--failed', say('cli.option.failed'))
    .option('--id <id>', say('cli.option.id'))
    .option('-n, --limit <number>', say('cli.option.limit'), parseCount, 20)
    .option('--json', say('cli.option.jsonLines'))
    .action(async (given) => {
      const { requests } = await import('./requests.ts');
      await requests({ options: given, environment, print, signal: untilEnded() });
    });
}

function withTimes(
  command: Command,
  { by, since }: { readonly by: 'cli.option.by' | 'cli.option.byOfExport'; readonly since: string },
  say: Translate,
): Command {
  const words = USAGE_DIMENSIONS.join(', ');
  return command
    .option('--by <dimensions>', say(by, { words, all: DEFAULT_DIMENSIONS.join(',') }))
    .option('--since <time>', say('cli.option.since'), since)
    .option('--until <time>', say('cli.option.until'))
    .addOption(jsonOption(say));
}
