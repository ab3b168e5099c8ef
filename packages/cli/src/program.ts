/**
 * All commands with their options and help. The module of a command is loaded only when it runs, so
 * that unused commands cost no start-up time.
 */
import { existsSync } from 'node:fs';

import { HIGHEST_PORT } from '@zephyr/contract/default-ports';
import { readText } from '@zephyr/runtime/config/read-text';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { VERSION } from '@zephyr/runtime/version';
import { translator } from '@zephyr/texts';
import { type Command, Option } from 'commander';
import { SHELLS } from './claude-code/shell-lines.ts';
import { examplesOf, factsIn, titleIn } from './command-line/help-text.ts';
import { ZephyrCommand } from './command-line/zephyr-command.ts';
import { addEditCommands } from './edit-commands.ts';
import { addNotifyCommands } from './notify-commands.ts';
import { addOperatorCommands, type Surroundings } from './operator-commands.ts';
import { addProbeCommands, beside } from './probe-commands.ts';
import { addUsageCommands } from './usage-commands.ts';

export function buildProgram(given: Omit<Surroundings, 'say'>): Command {
  const say = translator(given.language);
  const surroundings = { ...given, say };
  const program = new ZephyrCommand('zephyr')
    .description(say('cli.zephyr'))
    .version(VERSION, '-V, --version', say('cli.version'))
    .enablePositionalOptions()
    .helpOption('-h, --help', say('cli.help'))
    .helpCommand('help [command]', say('cli.help'))
    .configureHelp({
      styleTitle: (title) => titleIn(say, title),
      styleOptionDescription: (text) => factsIn(say, text),
      styleArgumentDescription: (text) => factsIn(say, text),
    })
    .exitOverride()
    .hook('preAction', (_, action) => {
      const { config, envFile } = action.opts();
      if (action.getOptionValueSource('config') === 'cli') requireConfig(config);
      if (action.getOptionValueSource('envFile') === 'cli') requireEnvFile(envFile);
    });
  const files = [
    new Option('--config <path>', say('cli.option.config'))
      .default('config.toml')
      .env('ZEPHYR_CONFIG'),
    new Option('--env-file <path>', say('cli.option.envFile'))
      .default('.env')
      .env('ZEPHYR_ENV_FILE'),
  ];
  addStart(program, files, surroundings);
  addRestart(program, files, surroundings);
  addRun(program, files, surroundings);
  addDemo(program, surroundings);
  addProbeCommands(program, files, surroundings);
  addConfig(program, files, surroundings);
  addEditCommands(program, files, surroundings);
  addSecrets(program, surroundings);
  addConnect(program, files, surroundings);
  addService(program, files, surroundings);
  addOperatorCommands(program, files, surroundings);
  addNotifyCommands(program, files, surroundings);
  addUsageCommands(program, files, surroundings);
  return program;
}

type Files = readonly Option[];

/**
 * Without it, a command would reach the system on the default port, which may be another one.
 * @param path given with `--config` @throws ZephyrError `CONFIG`
 */
function requireConfig(path: string): void {
  if (!existsSync(path)) readText(path, 'must exist');
}

/**
 * Only the default may be missing, because the tokens may be in the environment.
 * @param path given with `--env-file` @throws ZephyrError `CONFIG`
 */
function requireEnvFile(path: string): void {
  if (existsSync(path)) return;
  throw new ZephyrError('CONFIG', phrase`--env-file ${path}: this file does not exist`, {
    advice: [phrase`check the path; without --env-file, .env is read if it exists`],
  });
}

function addStart(program: Command, files: Files, { environment, say }: Surroundings): void {
  const command = program.command('start').description(say('cli.start'));
  for (const option of files) command.addOption(option);
  command
    .addOption(portOption(say('cli.option.port')))
    .option('--headless', say('cli.start.headless'))
    .addHelpText('after', examplesOf(say, 'start', 'start --headless --port 9080'))
    .action(async (options) => {
      const { start } = await import('./commands/start.ts');
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
      const { restart } = await import('./commands/restart.ts');
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
      const { run } = await import('./commands/run.ts');
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
      const { runDemo } = await import('./commands/demo.ts');
      process.exit(await runDemo(options, environment, language));
    });
  for (const name of ['kill', 'revive'] as const) {
    demo
      .command(`${name} <endpoint>`)
      .description(say(`cli.demo.${name}`))
      .addOption(portOption(say('cli.demo.port')))
      .action(async (endpoint: string, { port }: { port?: number }) => {
        const { controlDemo } = await import('./commands/demo-control.ts');
        print(await controlDemo({ action: name, endpoint, port }, environment, say));
      });
  }
}

function addConfig(
  program: Command,
  files: Files,
  { environment, print, say }: Surroundings,
): void {
  const command = program
    .command('config')
    .description(say('cli.config'))
    .command('check')
    .description(say('cli.config.check'));
  for (const option of files) command.addOption(option);
  command
    .option('--json', say('cli.option.json'))
    .option('--online', say('cli.config.online'))
    .addHelpText(
      'after',
      examplesOf(say, 'config check', 'config check --online', 'config check --json'),
    )
    .action(async (options) => {
      const { checkConfig } = await import('./commands/config-check.ts');
      const { text, exitCode } = await checkConfig({ options, ...beside(environment) });
      print(text);
      process.exitCode = exitCode;
    });
}

function addSecrets(program: Command, { print, say }: Surroundings): void {
  program
    .command('secrets <folder>')
    .description(say('cli.secrets'))
    .option('--redis <host:port>', say('cli.secrets.redis'), 'redis:6379')
    .addHelpText(
      'after',
      examplesOf(say, 'secrets secrets', 'secrets secrets --redis redis.lan:6379'),
    )
    .action(async (folder: string, options: { redis: string }) => {
      const { makeSecrets } = await import('./commands/secrets.ts');
      const created = makeSecrets(folder, options);
      if (created.length === 0) print(say('secrets.none', { folder }));
      for (const path of created) print(say('secrets.created', { path }));
    });
}

function addConnect(
  program: Command,
  [configOption]: Files,
  { environment, print, say }: Surroundings,
): void {
  const command = program.command('connect').description(say('cli.connect'));
  if (configOption !== undefined) command.addOption(configOption);
  command
    .option('--url <address>', say('cli.connect.url'))
    .addOption(new Option('--shell <name>', say('cli.connect.shell')).choices(SHELLS).default('sh'))
    .option('--claude-settings', say('cli.connect.claudeSettings'))
    .option('--print', say('cli.connect.print'))
    .option('--undo', say('cli.connect.undo'))
    .addHelpText(
      'after',
      examplesOf(
        say,
        'connect',
        'connect --url http://zephyr.lan:8080 --claude-settings',
        'connect --undo',
      ),
    )
    .action(async (options) => {
      const { connect } = await import('./commands/connect.ts');
      print(await connect(options, environment, say));
    });
}

function addService(
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
      const { installService } = await import('./commands/service.ts');
      print(await installService(options, environment));
    });
  service
    .command('uninstall')
    .description(say('cli.service.uninstall'))
    .action(async () => {
      const { uninstallService } = await import('./commands/service.ts');
      print(await uninstallService(environment, say));
    });
  service
    .command('status')
    .description(say('cli.service.status'))
    .action(async () => {
      const { serviceStatus } = await import('./commands/service.ts');
      const { text, exitCode } = await serviceStatus(environment, say);
      print(text);
      process.exitCode = exitCode;
    });
}

function portOption(text: string): Option {
  return new Option('--port <number>', text).argParser(parsePort);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > HIGHEST_PORT) {
    throw new ZephyrError('USAGE', phrase`--port ${text} is not a port`, {
      advice: [phrase`a port is a number from 0 to 65535`],
    });
  }
  return port;
}
