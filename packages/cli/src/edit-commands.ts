/** The commands that change config.toml: their options and help. */
import type { Command, Option } from 'commander';

import type { Surroundings } from './operator-commands.ts';
import { beside } from './probe-commands.ts';

/** @param files the paths of the configuration */
export function addEditCommands(
  program: Command,
  files: readonly Option[],
  surroundings: Surroundings,
): void {
  addClients(program, files, surroundings);
  addEndpoints(program, files, surroundings);
}

interface ClientOptions {
  readonly config: string;
  readonly json?: boolean;
}

function addClients(
  program: Command,
  [configOption]: readonly Option[],
  { environment, print }: Surroundings,
): void {
  const clients = program.command('clients').description('Manage who may use the proxy');
  const add = (definition: string, description: string, example: string): Command => {
    const command = clients.command(definition).description(description);
    if (configOption !== undefined) command.addOption(configOption);
    return command.addHelpText('after', examples(example));
  };
  const withKey = async (name: string, config: string, key: string): Promise<void> => {
    const { keyForPeople } = await import('./commands/clients.ts');
    const publicUrl = environment['ZEPHYR_PUBLIC_URL'] || undefined;
    print(keyForPeople(config, { name, key, publicUrl }));
  };
  add(
    'add <name>',
    'Create a key for a person or machine: shown only once, its hash goes to config.toml',
    'clients add ann',
  ).action(async (name: string, { config }: ClientOptions) => {
    const { addClient } = await import('./commands/clients.ts');
    await withKey(name, config, addClient(config, name));
  });
  add(
    'rotate <name>',
    'Replace the key of a person or machine; the former one is rejected',
    'clients rotate ann',
  ).action(async (name: string, { config }: ClientOptions) => {
    const { rotateClient } = await import('./commands/clients.ts');
    await withKey(name, config, rotateClient(config, name));
  });
  add('remove <name>', 'Take the key from a person or machine', 'clients remove ann').action(
    async (name: string, { config }: ClientOptions) => {
      const { removeClient } = await import('./commands/clients.ts');
      print(removeClient(config, name));
    },
  );
  add('list', 'List who has a key, without the keys', 'clients list')
    .option('--json', 'print JSON for programs')
    .action(async ({ config, json }: ClientOptions) => {
      const { listClients } = await import('./commands/clients.ts');
      print(listClients(config, json === true));
    });
}

function addEndpoints(
  program: Command,
  files: readonly Option[],
  { environment, print }: Surroundings,
): void {
  const endpoint = program.command('endpoint').description('Manage the endpoints of config.toml');
  const add = (definition: string, description: string, ...commands: string[]): Command => {
    const command = endpoint.command(definition).description(description);
    for (const option of files) command.addOption(option);
    return command.addHelpText('after', examples(...commands));
  };
  add(
    'add [name]',
    'Add an endpoint to config.toml once it has answered; asks for what is missing',
    'endpoint add',
    'endpoint add Tokyo --url https://tokyo.relay.net',
    'endpoint add Backup --url https://relay.net --group backup --token-stdin < token',
  )
    .option('--url <url>', 'its base URL, without /v1')
    .option('--group <name>', 'its group, made where there is none (default: the first)')
    .option('--token-env <variable>', 'of a new group: the variable of its token')
    .option('--token-stdin', 'read the token of a new group from standard input')
    .option('--no-test', 'do not ask the endpoint first')
    .action(async (name: string | undefined, options) => {
      const { addEndpoint } = await import('./commands/endpoints.ts');
      const { askAtTerminal } = await import('./edit/ask.ts');
      const call = { name, options, ask: askAtTerminal(), ...beside(environment) };
      const { text, exitCode } = await addEndpoint(call);
      print(text);
      process.exitCode = exitCode;
    });
  add(
    'remove <name>',
    'Remove an endpoint from config.toml, and its group with its last one',
    'endpoint remove Tokyo',
  ).action(async (name: string, options) => {
    const { removeEndpoint } = await import('./commands/endpoints.ts');
    print(removeEndpoint(name, options, environment));
  });
  add('list', 'List the endpoints of config.toml', 'endpoint list')
    .option('--json', 'print JSON for programs')
    .action(async (options) => {
      const { listEndpoints } = await import('./commands/endpoints.ts');
      print(listEndpoints(options, options.json === true));
    });
}

function examples(...commands: readonly string[]): string {
  return ['', 'Examples:', ...commands.map((command) => `  zephyr ${command}`)].join('\n');
}
