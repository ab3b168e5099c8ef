/** The commands that find out what is wrong: their options and help. */
import { PROBE_STYLES } from '@zephyr/contract/probe/probe';
import { type Command, Option } from 'commander';

import {
  type AddCommand,
  adderOfCommands,
  parsePositiveCount,
  type Surroundings,
  urlOption,
} from '../../command-line/command-options.ts';
import { beside } from '../../command-line/until-ended.ts';

/** @param options that every command takes: the paths of the configuration */
export function addDiagnoseCommands(
  program: Command,
  options: readonly Option[],
  surroundings: Surroundings,
): void {
  const add = adderOfCommands(program, options, surroundings.say);
  addProbe(add, surroundings);
  addDoctor(add, surroundings);
  addTestTiming(add, surroundings);
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
        const { probeLive } = await import('./probe-live.ts');
        print(await probeLive(wanted, given, environment));
        return;
      }
      const { probe } = await import('./probe.ts');
      finish(print, await probe({ wanted, options: given, ...beside(environment) }));
    });
}

function addDoctor(add: AddCommand, { environment, print, language, say }: Surroundings): void {
  add('doctor', say('cli.doctor'), ['doctor', 'doctor --free'])
    .option('--free', say('cli.doctor.free'))
    .action(async (given) => {
      const { doctor } = await import('./doctor/doctor.ts');
      finish(print, await doctor({ options: given, language, ...beside(environment) }));
    });
}

function addTestTiming(add: AddCommand, { environment, print, say }: Surroundings): void {
  add('test-timing', say('cli.testTiming'), ['test-timing --seconds 30'])
    .option('--seconds <number>', say('cli.testTiming.seconds'), parsePositiveCount, 120)
    .addOption(urlOption(say('cli.option.url')))
    .action(async (given) => {
      const { testTiming } = await import('./test-timing/test-timing.ts');
      finish(print, await testTiming({ options: given, ...beside(environment) }));
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
