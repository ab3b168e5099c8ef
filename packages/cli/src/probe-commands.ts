/** The commands about probes: their options and help. */

import { PROBE_STYLES } from '@zephyr/contract/probe';
import type { Environment } from '@zephyr/runtime/environment';
import { type Command, InvalidArgumentError, Option } from 'commander';

import { type Surroundings, urlOption } from './operator-commands.ts';

/** @param options that every command takes: the paths of the configuration */
export function addProbeCommands(
  program: Command,
  options: readonly Option[],
  surroundings: Surroundings,
): void {
  const add: AddCommand = (definition, description, examples) => {
    const command = program.command(definition).description(description);
    for (const option of options) command.addOption(option);
    const lines = examples.map((example) => `  zephyr ${example}`);
    return command
      .option('--json', 'print JSON for programs')
      .addHelpText('after', ['', 'Examples:', ...lines].join('\n'));
  };
  addProbe(add, surroundings);
  addDoctor(add, surroundings);
  addTestTiming(add, surroundings);
  addCost(add, surroundings);
}

type AddCommand = (definition: string, description: string, examples: readonly string[]) => Command;

function addProbe(add: AddCommand, { environment, print }: Surroundings): void {
  add('probe [endpoint]', 'Probe all endpoints now, or one; works without a running Zephyr', [
    'probe',
    'probe instcopilot-hk --style messages',
    'probe instcopilot-hk --live',
  ])
    .addOption(
      new Option('--style <style>', 'instead of the configured one').choices([...PROBE_STYLES]),
    )
    .addOption(
      new Option('--live', 'let the running Zephyr probe: the results count for routing').conflicts(
        'style',
      ),
    )
    .addOption(urlOption('address of the controller for --live (default: from config.toml)'))
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

function addDoctor(add: AddCommand, { environment, print }: Surroundings): void {
  add('doctor', 'Find out why it does not work: check everything that Zephyr needs', [
    'doctor',
    'doctor --free',
  ])
    .option('--free', 'skip the probes that spend tokens')
    .action(async (given) => {
      const { doctor } = await import('./commands/doctor.ts');
      finish(print, await doctor({ options: given, ...beside(environment) }));
    });
}

function addTestTiming(add: AddCommand, { environment, print }: Surroundings): void {
  add('test-timing', 'Measure whether probes run on time', ['test-timing --seconds 30'])
    .option('--seconds <number>', 'how long to measure', parseCount, 120)
    .addOption(urlOption('address of the controller (default: from config.toml)'))
    .action(async (given) => {
      const { testTiming } = await import('./commands/test-timing.ts');
      finish(print, await testTiming({ options: given, ...beside(environment) }));
    });
}

function addCost(add: AddCommand, { environment, print }: Surroundings): void {
  add('cost', 'What the probes cost today, and what live traffic saved', ['cost', 'cost --days 7'])
    .addOption(urlOption('address of the controller (default: from config.toml)'))
    .option(
      '--days <number>',
      'the last days instead of today; needs the Redis of config.toml',
      parseCount,
    )
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

/** What a command needs that may run for a while. */
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
  if (!/^\d+$/.test(text) || count < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return count;
}
