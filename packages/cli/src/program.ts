/**
 * All commands with their options and help. The module of a command is loaded only when it runs, so
 * that unused commands cost no start-up time.
 */
import { existsSync } from 'node:fs';

import { ZephyrError } from '@zephyr/runtime/errors';
import { VERSION } from '@zephyr/runtime/version';
import { Command, Option } from 'commander';

import { SHELLS } from './connect/shell-lines.ts';
import { addEditCommands } from './edit-commands.ts';
import { addNotifyCommands } from './notify-commands.ts';
import { addOperatorCommands, type Surroundings } from './operator-commands.ts';
import { addProbeCommands, beside } from './probe-commands.ts';
import { addUsageCommands } from './usage-commands.ts';

export function buildProgram(surroundings: Surroundings): Command {
  const program = new Command('zephyr')
    .description('Sends each Claude Code request to the endpoint that is fastest now.')
    .version(VERSION, '-V, --version', 'print the version')
    .enablePositionalOptions()
    .showHelpAfterError('(zephyr --help lists the commands)')
    .exitOverride()
    .hook('preAction', (_, action) => {
      if (action.getOptionValueSource('envFile') === 'cli')
        requireEnvFile(action.opts()['envFile']);
    });
  const files = [
    new Option('--config <path>', 'configuration file').default('config.toml').env('ZEPHYR_CONFIG'),
    new Option('--env-file <path>', 'file with the tokens').default('.env').env('ZEPHYR_ENV_FILE'),
  ];
  addStart(program, files, surroundings);
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
 * Only the default may be missing, because the tokens may be in the environment.
 * @param path given with `--env-file` @throws ZephyrError `CONFIG`
 */
function requireEnvFile(path: string): void {
  if (existsSync(path)) return;
  throw new ZephyrError('CONFIG', `--env-file ${path}: this file does not exist`, {
    advice: ['check the path; without --env-file, .env is read if it exists'],
  });
}

function addStart(program: Command, files: Files, { environment }: Surroundings): void {
  const command = program
    .command('start')
    .description('Start Zephyr on this machine with your config.toml and .env');
  for (const option of files) command.addOption(option);
  command
    .addOption(portOption())
    .option('--headless', 'print logs instead of the dashboard')
    .addHelpText('after', examples('start', 'start --headless --port 9080'))
    .action(async (options) => {
      const { start } = await import('./commands/start.ts');
      process.exit(await start(options, environment));
    });
}

function addRun(program: Command, files: Files, { environment }: Surroundings): void {
  const command = program
    .command('run')
    .description('Run one command through Zephyr, which is started for it where none runs')
    .argument('<command...>', 'the command with its arguments');
  for (const option of files) command.addOption(option);
  command
    .option('--url <address>', 'address of a running proxy (default: from config.toml)')
    .passThroughOptions()
    .addHelpText('after', examples('run -- claude', 'run -- claude -p "hello"'))
    .action(async (words: [string, ...string[]], options) => {
      const { run } = await import('./commands/run.ts');
      process.exit(await run({ command: words, options, environment }));
    });
}

function addDemo(program: Command, { environment, print }: Surroundings): void {
  const demo = program
    .command('demo')
    .description('Start Zephyr with three simulated endpoints; needs no token')
    .enablePositionalOptions()
    .addOption(portOption())
    .addHelpText('after', examples('demo', 'demo kill Tokyo', 'demo revive Tokyo'))
    .action(async (options) => {
      const { runDemo } = await import('./commands/demo.ts');
      process.exit(await runDemo(options, environment));
    });
  for (const [name, description] of [
    ['kill', 'Kill a simulated endpoint of the running demo'],
    ['revive', 'Bring a killed simulated endpoint back'],
  ] as const) {
    demo
      .command(`${name} <endpoint>`)
      .description(description)
      .addOption(portOption('port of the proxy, where several demos run'))
      .action(async (endpoint: string, { port }: { port?: number }) => {
        const { controlDemo } = await import('./commands/demo-control.ts');
        print(await controlDemo({ action: name, endpoint, port }, environment));
      });
  }
}

function addConfig(program: Command, files: Files, { environment, print }: Surroundings): void {
  const command = program
    .command('config')
    .description('Inspect the configuration')
    .command('check')
    .description('List all problems of config.toml and .env in one run; starts nothing');
  for (const option of files) command.addOption(option);
  command
    .option('--json', 'print JSON for programs')
    .option('--online', 'also ask each endpoint what it can do; spends a few tokens')
    .addHelpText('after', examples('config check', 'config check --online', 'config check --json'))
    .action(async (options) => {
      const { checkConfig } = await import('./commands/config-check.ts');
      const { text, exitCode } = await checkConfig({ options, ...beside(environment) });
      print(text);
      process.exitCode = exitCode;
    });
}

function addSecrets(program: Command, { print }: Surroundings): void {
  program
    .command('secrets <folder>')
    .description(
      'Generate the passwords between the services of a deployment; existing ones are not changed',
    )
    .option('--redis <host:port>', 'address of Redis as the services see it', 'redis:6379')
    .addHelpText('after', examples('secrets secrets', 'secrets secrets --redis redis.lan:6379'))
    .action(async (folder: string, options: { redis: string }) => {
      const { makeSecrets } = await import('./commands/secrets.ts');
      const created = makeSecrets(folder, options);
      if (created.length === 0) print(`${folder} already has all passwords; none was changed`);
      for (const path of created) print(`created ${path}`);
    });
}

function addConnect(
  program: Command,
  [configOption]: Files,
  { environment, print }: Surroundings,
): void {
  const command = program
    .command('connect')
    .description('Print what Claude Code needs to use this Zephyr, or put it into its settings');
  if (configOption !== undefined) command.addOption(configOption);
  command
    .option('--url <address>', 'address of the proxy (default: from config.toml)')
    .addOption(new Option('--shell <name>', 'lines for this shell').choices(SHELLS).default('sh'))
    .option('--claude-settings', "change Claude Code's settings.json, with a backup")
    .option('--undo', "take it out of Claude Code's settings.json again")
    .addHelpText(
      'after',
      examples(
        'connect',
        'connect --url http://zephyr.lan:8080 --claude-settings',
        'connect --undo',
      ),
    )
    .action(async (options) => {
      const { connect } = await import('./commands/connect.ts');
      print(await connect(options, environment));
    });
}

function addService(program: Command, files: Files, { environment, print }: Surroundings): void {
  const service = program
    .command('service')
    .description('Run Zephyr in the background of this user (systemd or launchd)');
  const install = service
    .command('install')
    .description('Start it now and at each log-in; again after a move of the files');
  for (const option of files) install.addOption(option);
  install
    .addOption(portOption())
    .addHelpText('after', examples('service install', 'service install --port 9080'))
    .action(async (options) => {
      const { installService } = await import('./commands/service.ts');
      print(await installService(options, environment));
    });
  service
    .command('uninstall')
    .description('End it in order, and start it no more')
    .action(async () => {
      const { uninstallService } = await import('./commands/service.ts');
      print(await uninstallService(environment));
    });
  service
    .command('status')
    .description('Whether it is installed and runs; exit code 0 where it runs')
    .action(async () => {
      const { serviceStatus } = await import('./commands/service.ts');
      const { text, exitCode } = await serviceStatus(environment);
      print(text);
      process.exitCode = exitCode;
    });
}

function examples(...commands: readonly string[]): string {
  return ['', 'Examples:', ...commands.map((command) => `  zephyr ${command}`)].join('\n');
}

function portOption(text = 'port of the proxy'): Option {
  return new Option('--port <number>', text).argParser(parsePort);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new ZephyrError('USAGE', `--port ${text} is not a port`, {
      advice: ['a port is a number from 0 to 65535'],
    });
  }
  return port;
}
