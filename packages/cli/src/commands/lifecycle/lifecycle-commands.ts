/** The commands that start the system or restart it: their options and help. */
import type { Command, Option } from 'commander';

import { portOption, type Surroundings } from '../../command-line/command-options.ts';
import { examplesOf } from '../../command-line/help-text.ts';

/** @param files the paths of the configuration */
export function addLifecycleCommands(
  program: Command,
  files: readonly Option[],
  surroundings: Surroundings,
): void {
  addStart(program, files, surroundings);
  addRestart(program, files, surroundings);
  addRun(program, files, surroundings);
  addDemo(program, surroundings);
}

type Files = readonly Option[];

function addStart(program: Command, files: Files, { environment, say }: Surroundings): void {
  const command = program.command('start').description(say('cli.start'));
  for (const option of files) command.addOption(option);
  command
    .addOption(portOption(say('cli.option.port')))
    .option('--headless', say('cli.start.headless'))
    .addHelpText('after', examplesOf(say, 'start', 'start --headless --port 9080'))
    .action(async (options) => {
      const { start } = await import('./start.ts');
      process.exit(await start(options, environment));
    });
}

function addRestart(
  program: Command,
  files: Files,
  { environment, print, say }: Surroundings,
): void {
  const command = program.command('restart').description(say('cli.restart'));
  for (const option of files) command.addOption(option);
  command
    .addOption(portOption(say('cli.option.port')))
    .addHelpText('after', examplesOf(say, 'restart', 'restart --port 9080'))
    .action(async (options) => {
      const { restart } = await import('./restart.ts');
      print(await restart(options, environment));
    });
}

function addRun(program: Command, files: Files, { environment, say }: Surroundings): void {
  const command = program
    .command('run')
    .description(say('cli.run'))
    .argument('<command...>', say('cli.run.command'));
  for (const option of files) command.addOption(option);
  command
    .option('--url <address>', say('cli.run.url'))
    .passThroughOptions()
    .addHelpText('after', examplesOf(say, 'run -- claude', 'run -- claude -p "hello"'))
    .action(async (words: [string, ...string[]], options) => {
      const { run } = await import('./run.ts');
      process.exit(await run({ command: words, options, environment }));
    });
}

function addDemo(program: Command, { environment, print, language, say }: Surroundings): void {
  const demo = program
    .command('demo')
    .description(say('cli.demo'))
    .enablePositionalOptions()
    .addOption(portOption(say('cli.option.port')))
    .addHelpText('after', examplesOf(say, 'demo', 'demo kill Tokyo', 'demo revive Tokyo'))
    .action(async (options) => {
      const { runDemo } = await import('./demo.ts');
      process.exit(await runDemo(options, environment, language));
    });
  for (const name of ['kill', 'revive'] as const) {
    demo
      .command(`${name} <endpoint>`)
      .description(say(`cli.demo.${name}`))
      .addOption(portOption(say('cli.demo.port')))
      .action(async (endpoint: string, { port }: { port?: number }) => {
        const { controlDemo } = await import('./demo-control.ts');
        print(await controlDemo({ action: name, endpoint, port }, environment, say));
      });
  }
}

export function addService(
  program: Command,
  files: Files,
  { environment, print, say }: Surroundings,
): void {
  const service = program.command('service').description(say('cli.service'));
  const install = service.command('install').description(say('cli.service.install'));
  for (const option of files) install.addOption(option);
  install
    .addOption(portOption(say('cli.option.port')))
    .addHelpText('after', examplesOf(say, 'service install', 'service install --port 9080'))
    .action(async (options) => {
      const { installService } = await import('./service/service.ts');
      print(await installService(options, environment));
    });
  service
    .command('uninstall')
    .description(say('cli.service.uninstall'))
    .action(async () => {
      const { uninstallService } = await import('./service/service.ts');
      print(await uninstallService(environment, say));
    });
  service
    .command('status')
    .description(say('cli.service.status'))
    .action(async () => {
      const { serviceStatus } = await import('./service/service.ts');
      const { text, exitCode } = await serviceStatus(environment, say);
      print(text);
      process.exitCode = exitCode;
    });
}
