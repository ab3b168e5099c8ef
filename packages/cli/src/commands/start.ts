import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { type LoadedConfig, loadConfig } from '@zephyr/runtime/config/load';
import type { Environment } from '@zephyr/runtime/environment';
import { translator } from '@zephyr/texts';

import { hostForPeople, localHost } from '../addresses.ts';
import { adminClient } from '../admin/client.ts';
import { warningsOf } from '../config-warnings.ts';
import { otherPort, requireFreePorts } from '../launch/free-port.ts';
import { type LaunchedSystem, launch } from '../launch/launcher.ts';
import { formatLogLine } from '../launch/log-line.ts';
import { nextSignal, runUntilStopped } from '../launch/run-until-stopped.ts';
import { stateFolder, stateNameOf } from '../launch/state-folder.ts';
import { servicesOnThisMachine } from '../service-location.ts';
import { loadDashboard } from '../tui/load.ts';

export interface StartOptions {
  readonly config: string;
  readonly envFile: string;
  readonly port?: number;
  readonly headless?: boolean;
}

/** Runs until it is stopped. @returns the exit code @throws ZephyrError with what to do */
export async function start(options: StartOptions, environment: Environment): Promise<number> {
  const loaded = loadConfig(
    { configPath: options.config, envFilePath: options.envFile, environment },
    { starting: servicesOnThisMachine(options.port) },
  );
  const { server, controller, prober, ui } = loaded.config;
  for (const note of warningsOf(loaded, options.envFile, translator(ui.language))) {
    console.error(`! ${note}`);
  }
  const port = options.port ?? server.port;
  await requireFreePorts([
    {
      ...server,
      port,
      owner: 'the proxy (server.port)',
      advice: `end that program, or choose another port: make start PORT=${otherPort(port, 10)}`,
    },
    {
      ...controller,
      owner: 'the controller (controller.port)',
      advice: `end that program, or change controller.port in ${options.config}`,
    },
    {
      ...prober,
      owner: 'the prober (prober.port)',
      advice: `end that program, or change prober.port in ${options.config}`,
    },
  ]);
  const folder = stateFolder(environment, stateNameOf(options.config, port));
  const hasScreen = options.headless !== true && process.stdin.isTTY && process.stdout.isTTY;
  const log = hasScreen ? logToFile(join(folder, 'zephyr.log')) : console.log;
  const interrupt = nextSignal();
  const system = await launch({
    configPath: options.config,
    envFilePath: options.envFile,
    loaded,
    environment,
    port: options.port,
    redisFolder: folder,
    onLine: (service, line) => log(formatLogLine(service, line)),
  });
  if (hasScreen) {
    const until = showDashboard(system, loaded, interrupt);
    return runUntilStopped(system, { print: console.log, until });
  }
  console.log(welcome(system, loaded));
  return runUntilStopped(system, { print: console.log, until: interrupt });
}

/** What the dashboard has no room for; of the last start only, so that it does not grow. */
function logToFile(path: string): (line: string) => void {
  const file = createWriteStream(path, { flags: 'w', mode: 0o600 });
  return (line) => file.write(`${stripVTControlCharacters(line)}\n`);
}

/** Until a person quits or a signal comes. */
async function showDashboard(
  system: LaunchedSystem,
  loaded: LoadedConfig,
  interrupt: Promise<void>,
): Promise<void> {
  const { language } = loaded.config.ui;
  const client = adminClient(
    {
      url: `http://${localHost(loaded.config.controller.host)}:${system.ports.controller}`,
      token: loaded.secrets.adminToken?.reveal(),
    },
    translator(language),
  );
  const ending = new AbortController();
  interrupt.then(() => ending.abort());
  const { runDashboard } = await loadDashboard();
  await runDashboard({ client, language, signal: ending.signal });
}

function welcome({ ports }: LaunchedSystem, { config, secrets }: LoadedConfig): string {
  const url = `http://${hostForPeople(config.server.host)}:${ports.proxy}`;
  const hasKeys = secrets.clientKeys.length > 0;
  // Claude Code asks for a login where it has no token at all; the proxy replaces it.
  const token = hasKeys ? '<the key of the person>' : 'anything';
  const dashboard = `http://${localHost(config.controller.host)}:${ports.controller}`;
  return `
Zephyr serves at ${url}. Wherever Claude Code runs:

  export ANTHROPIC_BASE_URL=${url}
  export ANTHROPIC_AUTH_TOKEN=${token}

Which endpoint serves: make status or ${url}/status; dashboard: ${dashboard}. Ctrl-C ends everything.
`;
}
