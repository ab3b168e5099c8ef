/** The commands about checks: their options and help. */
import { PROBE_STYLES } from '@zephyr/core';
import { type Command, InvalidArgumentError, Option } from 'commander';

import type { Environment } from './launch/state-folder.ts';
import { type Surroundings, urlOption } from './operator-commands.ts';

/** @param options that every command takes: where the configuration is */
export function addCheckCommands(
  program: Command,
  options: readonly Option[],
  { environment }: Surroundings,
): void {
  const add = (definition: string, description: string, examples: readonly string[]): Command => {
    const command = program.command(definition).description(description);
    for (const option of options) command.addOption(option);
    const lines = examples.map((example) => `  zephyr ${example}`);
    return command
      .option('--json', 'print JSON for programs')
      .addHelpText('after', ['', 'Examples:', ...lines].join('\n'));
  };

  add('probe [endpoint]', 'Probe all endpoints now, or one; needs no running Zephyr', [
    'probe',
    'probe instcopilot-hk --style messages',
  ])
    .addOption(
      new Option('--style <style>', 'instead of the configured one').choices([...PROBE_STYLES]),
    )
    .action(async (wanted: string | undefined, given) => {
      const { probe } = await import('./commands/probe.ts');
      finish(await probe({ wanted, options: given, ...beside(environment) }));
    });

  add('doctor', 'Why does it not work? Look at everything that Zephyr needs', [
    'doctor',
    'doctor --free',
  ])
    .option('--free', 'leave out the probes that spend tokens')
    .action(async (given) => {
      const { doctor } = await import('./commands/doctor.ts');
      finish(await doctor({ options: given, ...beside(environment) }));
    });

  add('test-timing', 'Measure whether probes are on time', ['test-timing --seconds 30'])
    .option('--seconds <number>', 'how long', parseCount, 120)
    .addOption(urlOption('address of the controller (default: from config.toml)'))
    .action(async (given) => {
      const { testTiming } = await import('./commands/test-timing.ts');
      finish(await testTiming({ options: given, ...beside(environment) }));
    });

  add('cost', 'What the probes cost today, and what live traffic saved', ['cost', 'cost --days 7'])
    .addOption(urlOption('address of the controller (default: from config.toml)'))
    .option('--days <number>', 'the last days instead; needs the Redis of config.toml', parseCount)
    .action(async (given) => {
      const { cost } = await import('./commands/cost.ts');
      console.log(await cost(given, environment));
    });
}

function finish({ text, exitCode }: { readonly text: string; readonly exitCode: number }): void {
  console.log(text);
  process.exitCode = exitCode;
}

function beside(environment: Environment) {
  // Beside the output, which may go to a file or a program.
  const progress = (line: string) => void process.stderr.write(`${line}\n`);
  // Ctrl-C ends what runs, and what it started, before the program ends.
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  return { environment, progress, signal: ending.signal };
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1) throw new InvalidArgumentError('a whole number above 0');
  return count;
}
