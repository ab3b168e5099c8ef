/** The commands that operate a running system: their options and help. */
import type { Command, Option } from 'commander';

import {
  type AddCommand,
  adderOfAdminCommands,
  jsonOption,
  type Surroundings,
} from '../../command-line/command-options.ts';

/** @param options that every command takes: the paths of the configuration */
export function addOperateCommands(
  program: Command,
  options: readonly Option[],
  surroundings: Surroundings,
): void {
  const add = adderOfAdminCommands(program, options, surroundings.say);
  addSelection(add, surroundings);
  addActions(add, surroundings);
}

function addSelection(add: AddCommand, { environment, print, say }: Surroundings): void {
  add('pin', say('cli.pin'), ['pin instcopilot-hk', 'pin backup --force'])
    .argument('[endpoint]', say('cli.option.pinned'))
    .option('--force', say('cli.option.force'))
    .addOption(jsonOption(say))
    .action(async (wanted: string | undefined, given) => {
      const { pin } = await import('./pin.ts');
      print(await pin(wanted, given, environment));
    });

  add('unpin', say('cli.unpin'), ['unpin'])
    .addOption(jsonOption(say))
    .action(async (given) => {
      const { unpin } = await import('./unpin.ts');
      print(await unpin(given, environment));
    });
}

function addActions(add: AddCommand, { environment, print, say }: Surroundings): void {
  for (const name of ['pause', 'resume'] as const) {
    add(name, say(`cli.${name}`), [name])
      .addOption(jsonOption(say))
      .action(async (given) => {
        const { setPaused } = await import('./pause.ts');
        print(await setPaused(name, given, environment));
      });
  }

  for (const name of ['enable', 'disable'] as const) {
    const command = add(name, say(`cli.${name}`), [`${name} instcopilot-hk`])
      .argument('<endpoint>', say('cli.endpoint'))
      .addOption(jsonOption(say))
      .action(async (wanted: string, given) => {
        const { setInService } = await import('./enable-disable.ts');
        print(await setInService({ name, wanted }, given, environment));
      });
    if (name === 'disable') command.option('--force', say('cli.option.forceDisable'));
  }

  add('move-sessions', say('cli.move'), ['move-sessions', 'move-sessions instcopilot-hk'])
    .argument('[endpoint]', say('cli.option.from'))
    .addOption(jsonOption(say))
    .action(async (from: string | undefined, given) => {
      const { moveSessions } = await import('./move-sessions.ts');
      print(await moveSessions(from, given, environment));
    });

  add('reload', say('cli.reload'), ['reload'])
    .addOption(jsonOption(say))
    .action(async (given) => {
      const { reload } = await import('./reload.ts');
      print(await reload(given, environment));
    });
}
