/** The command that tests notifications: its options and help. */
import { LANGUAGES } from '@zephyr/contract/language';
import { type Command, Option } from 'commander';

import { jsonOption, type Surroundings } from './operator-commands.ts';

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
      const { testNotifications } = await import('./commands/notify-test.ts');
      const { text, exitCode } = await testNotifications(given, environment);
      print(text);
      process.exitCode = exitCode;
    });
}
