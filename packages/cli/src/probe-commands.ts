/** The commands about probes: their options and help. */

import { PROBE_STYLES } from '@zephyr/contract/probe';
import type { Environment } from '@zephyr/runtime/environment';
import { phrase } from '@zephyr/runtime/phrase';
import { type Command, Option } from 'commander';
import { examplesOf } from './command-line/help-text.ts';
import { rejectValue } from './command-line/zephyr-command.ts';
import { type AddCommand, type Surroundings, urlOption } from './operator-commands.ts';

/** @param options that every command takes: the paths of the configuration */
export function addProbeCommands(
  program: Command,
  options: readonly Option[],
  surroundings: Surroundings,
): void {
  const { say } = surroundings;
  const add: AddCommand = (definition, description, examples) => {
    const command = program.command(definition).description(description);
    for (const option of options) command.addOption(option);
    return command
      .option('--json', say('cli.option.json'))
      .addHelpText('after', examplesOf(say, ...examples));
  };
  addProbe(add, surroundings);
  addDoctor(add, surroundings);
  addTestTiming(add, surroundings);
  addCost(add, surroundings);
}

function addProbe(add: AddCommand, { environment, print, say }: Surroundings): void {
  add('probe [endpoint]', say('cli.probe'), [
    'probe',
    'probe instcopilot-hk --style messages',
    'probe instcopilot-hk --live',
  ])
    .addOption(new Option('--style <style>', say('cli.probe.style')).choices([...PROBE_STYLES]))
    .addOption(new Option('--live', say('cli.probe.live')).conflicts('style'))
    .addOption(urlOption(say('cli.probe.url')))
    .action(async (wanted: string | undefined, { live, ...given }) => {
      if (live === true) {
        const { probeLive } = await import('./commands/probe-live.ts');
        print(await probeLive(wanted, given, environment));
        return;
      }
      const { probe } = await import('./commands/probe.ts');
      finish(print, await probe({ wanted, options: given, ...beside(environment) }));
    });
}

function addDoctor(add: AddCommand, { environment, print, language, say }: Surroundings): void {
  add('doctor', say('cli.doctor'), ['doctor', 'doctor --free'])
    .option('--free', say('cli.doctor.free'))
    .action(async (given) => {
      const { doctor } = await import('./commands/doctor.ts');
      finish(print, await doctor({ options: given, language, ...beside(environment) }));
    });
}

function addTestTiming(add: AddCommand, { environment, print, say }: Surroundings): void {
  add('test-timing', say('cli.testTiming'), ['test-timing --seconds 30'])
    .option('--seconds <number>', say('cli.testTiming.seconds'), parseCount, 120)
    .addOption(urlOption(say('cli.option.url')))
    .action(async (given) => {
      const { testTiming } = await import('./commands/test-timing.ts');
      finish(print, await testTiming({ options: given, ...beside(environment) }));
    });
}

function addCost(add: AddCommand, { environment, print, say }: Surroundings): void {
  add('cost', say('cli.cost'), ['cost', 'cost --days 7'])
    .addOption(urlOption(say('cli.option.url')))
    .option('--days <number>', say('cli.cost.days'), parseCount)
    .action(async (given) => {
      const { cost } = await import('./commands/cost.ts');
      print(await cost(given, environment));
    });
}

interface Finished {
  readonly text: string;
  readonly exitCode: number;
}

function finish(print: Surroundings['print'], { text, exitCode }: Finished): void {
  print(text);
  process.exitCode = exitCode;
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

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1) rejectValue(text, phrase`a whole number above 0`);
  return count;
}
