/** The commands that check config.toml and change it: their options and help. */
import { MAX_GRANT_USD } from '@zephyr/contract/operate/grant-limit';
import { phrase } from '@zephyr/runtime/phrase';
import type { Command, Option } from 'commander';

import { adminCommand, jsonOption, type Surroundings } from '../../command-line/command-options.ts';
import { examplesOf } from '../../command-line/help-text.ts';
import { beside } from '../../command-line/until-ended.ts';
import { rejectValue } from '../../command-line/zephyr-command.ts';

/** @param files the paths of the configuration */
export function addConfigCommands(
  program: Command,
  files: readonly Option[],
  surroundings: Surroundings,
): void {
  addConfigCheck(program, files, surroundings);
  addClients(program, files, surroundings);
  addEndpoints(program, files, surroundings);
}

function addConfigCheck(
  program: Command,
  files: readonly Option[],
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
      const { checkConfig } = await import('./config-check.ts');
      const { text, exitCode } = await checkConfig({ options, ...beside(environment) });
      print(text);
      process.exitCode = exitCode;
    });
}

interface ClientOptions {
  readonly config: string;
  readonly json?: boolean;
}

function addClients(
  program: Command,
  files: readonly Option[],
  { environment, print, say }: Surroundings,
): void {
  const [configOption] = files;
  const clients = program.command('clients').description(say('cli.clients'));
  const add = (definition: string, description: string, example: string): Command => {
    const command = clients.command(definition).description(description);
    if (configOption !== undefined) command.addOption(configOption);
    return command.addHelpText('after', examplesOf(say, example));
  };
  add('add <name>', say('cli.clients.add'), 'clients add ann').action(
    async (name: string, { config }: ClientOptions) => {
      const { addPerson } = await import('./clients.ts');
      print(await addPerson({ config, name, environment }));
    },
  );
  add('rotate <name>', say('cli.clients.rotate'), 'clients rotate ann').action(
    async (name: string, { config }: ClientOptions) => {
      const { rotateKey } = await import('./clients.ts');
      print(await rotateKey({ config, name, environment }));
    },
  );
  add('remove <name>', say('cli.clients.remove'), 'clients remove ann').action(
    async (name: string, { config }: ClientOptions) => {
      const { removePerson } = await import('./clients.ts');
      print(await removePerson({ config, name, environment }));
    },
  );
  add('list', say('cli.clients.list'), 'clients list')
    .option('--json', say('cli.option.json'))
    .action(async ({ config, json }: ClientOptions) => {
      const { listClients } = await import('./clients.ts');
      print(listClients({ config, environment }, json === true));
    });
  addGrant(clients, files, { environment, print, say });
}

/** Listed with the others, though it calls the controller and changes no file. */
function addGrant(
  clients: Command,
  options: readonly Option[],
  { environment, print, say }: Omit<Surroundings, 'language'>,
): void {
  adminCommand(clients, {
    ...{ definition: 'grant', description: say('cli.clients.grant'), say, options },
    examples: ['clients grant ann 5', 'clients grant research 50'],
  })
    .argument('<name>', say('cli.option.personOrTeam'))
    .argument('<usd>', say('cli.option.usd'), parseUsd)
    .addOption(jsonOption(say))
    .action(async (name: string, usd: number, given) => {
      const { grant } = await import('./clients-grant.ts');
      print(await grant({ name, usd }, given, environment));
    });
}

function parseUsd(text: string): number {
  const usd = Number(text);
  if (!/^\d+(?:\.\d{1,6})?$/.test(text) || usd === 0 || usd > MAX_GRANT_USD)
    rejectValue(text, phrase`an amount from 0.000001 to ${MAX_GRANT_USD}`);
  return usd;
}

function addEndpoints(
  program: Command,
  files: readonly Option[],
  { environment, print, say }: Surroundings,
): void {
  const endpoint = program.command('endpoint').description(say('cli.endpointGroup'));
  const add = (definition: string, description: string, ...commands: string[]): Command => {
    const command = endpoint.command(definition).description(description);
    for (const option of files) command.addOption(option);
    return command.addHelpText('after', examplesOf(say, ...commands));
  };
  add(
    'add [name]',
    say('cli.endpoint.add'),
    'endpoint add',
    'endpoint add Tokyo --url https://tokyo.relay.net',
    'endpoint add Backup --url https://relay.net --group backup --token-stdin < token',
  )
    .option('--url <url>', say('cli.endpoint.add.url'))
    .option('--group <name>', say('cli.endpoint.add.group'))
    .option('--token-env <variable>', say('cli.endpoint.add.tokenEnv'))
    .option('--token-stdin', say('cli.endpoint.add.tokenStdin'))
    .option('--no-test', say('cli.endpoint.add.noTest'))
    .action(async (name: string | undefined, options) => {
      const { addEndpoint } = await import('./endpoints.ts');
      const { askAtTerminal } = await import('./ask.ts');
      const call = { name, options, ask: askAtTerminal(), ...beside(environment) };
      const { text, exitCode } = await addEndpoint(call);
      print(text);
      process.exitCode = exitCode;
    });
  add('remove <name>', say('cli.endpoint.remove'), 'endpoint remove Tokyo').action(
    async (name: string, options) => {
      const { removeNamed } = await import('./endpoints.ts');
      print(await removeNamed(name, options, environment));
    },
  );
  add('list', say('cli.endpoint.list'), 'endpoint list')
    .option('--json', say('cli.option.json'))
    .action(async (options) => {
      const { listEndpoints } = await import('./endpoints.ts');
      print(listEndpoints(options, environment, options.json === true));
    });
}
