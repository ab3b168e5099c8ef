/**
 * The `zephyr` command. Each command's module is loaded only when it runs: a start takes no longer
 * for the commands that are not used.
 */
import { EXIT, explain, ZephyrError } from '@zephyr/runtime/errors';
import { Command, CommanderError, Option } from 'commander';

import { addCheckCommands } from './check-commands.ts';
import { addOperatorCommands } from './operator-commands.ts';

const program = new Command('zephyr')
  .description('Sends each Claude Code request to the endpoint that is fastest now.')
  .showHelpAfterError('(zephyr --help lists the commands)')
  .exitOverride();

const configOption = new Option('--config <path>', 'configuration file')
  .default('config.toml')
  .env('ZEPHYR_CONFIG');
const envFileOption = new Option('--env-file <path>', 'file with the tokens')
  .default('.env')
  .env('ZEPHYR_ENV_FILE');
const portOption = new Option('--port <number>', 'port of the proxy').argParser(parsePort);

program
  .command('start')
  .description('Start Zephyr on this machine with your config.toml and .env')
  .addOption(configOption)
  .addOption(envFileOption)
  .addOption(portOption)
  .option('--headless', 'log instead of a dashboard')
  .action(async (options) => {
    const { start } = await import('./commands/start.ts');
    process.exitCode = await start(options);
  });

const demo = program
  .command('demo')
  .description('Start Zephyr with three simulated endpoints; needs no token')
  .addOption(portOption)
  .action(async (options) => {
    const { runDemo } = await import('./commands/demo.ts');
    process.exitCode = await runDemo(options);
  });
for (const [name, description] of [
  ['kill', 'Kill a simulated endpoint of the running demo'],
  ['revive', 'Bring a killed simulated endpoint back'],
] as const) {
  demo
    .command(`${name} <endpoint>`)
    .description(description)
    .action(async (endpoint: string) => {
      const { controlDemo } = await import('./commands/demo-control.ts');
      console.log(await controlDemo(name, endpoint, process.env));
    });
}

addCheckCommands(program, [configOption, envFileOption]);

program
  .command('config')
  .description('Look at the configuration')
  .command('check')
  .description('Tell all problems of config.toml and .env at once; starts nothing')
  .addOption(configOption)
  .addOption(envFileOption)
  .option('--json', 'print JSON for programs')
  .action(async (options) => {
    const { checkConfig } = await import('./commands/config-check.ts');
    const { text, exitCode } = checkConfig(options, process.env);
    console.log(text);
    process.exitCode = exitCode;
  });

program
  .command('clients')
  .description('Who may use the proxy')
  .command('add <name>')
  .description('Give a person or machine a key: prints it once, writes its hash to config.toml')
  .addOption(configOption)
  .action(async (name: string, options: { config: string }) => {
    const { addClient } = await import('./commands/clients.ts');
    console.log(addClient(options.config, name));
  });

program
  .command('secrets <folder>')
  .description('Make the passwords between the services of a deployment; keeps what is there')
  .option('--redis <host:port>', 'Redis as the services see it', 'redis:6379')
  .action(async (folder: string, options: { redis: string }) => {
    const { makeSecrets } = await import('./commands/secrets.ts');
    for (const path of makeSecrets(folder, options)) console.log(`made ${path}`);
  });

addOperatorCommands(program, [configOption, envFileOption], {
  environment: process.env,
  print: console.log,
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new ZephyrError('USAGE', `--port ${text} is not a port`, { advice: ['0 to 65535'] });
  }
  return port;
}

/** Commander has told its own errors already; help and version are no errors. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  console.error(explain(error));
  const isUsage = error instanceof ZephyrError && ['CONFIG', 'USAGE'].includes(error.code);
  return isUsage ? EXIT.usage : EXIT.failure;
}
