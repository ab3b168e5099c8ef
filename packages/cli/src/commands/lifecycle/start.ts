import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { type LoadedConfig, loadConfig } from '@zephyr/runtime/config/read/load';
import {
  type Address,
  addressIn,
  METRICS_LISTEN,
} from '@zephyr/runtime/config/variables/own-variables';
import type { Environment } from '@zephyr/runtime/environment';
import { phrase } from '@zephyr/runtime/phrase';
import { translator } from '@zephyr/texts';

import { adminClient } from '../../admin/client.ts';
import { shellLines } from '../../claude-code/shell-lines.ts';
import { ownCommand } from '../../command-line/own-command.ts';
import { addressesOf, type LaunchedSystem, launch } from '../../launch/launcher.ts';
import { formatLogLine } from '../../launch/log-line.ts';
import { outboundNotesOf, warningsOf } from '../../launch/preflight/config-warnings.ts';
import { otherPort, requireFreePorts, type WantedPort } from '../../launch/preflight/free-port.ts';
import { rejectUnusableHosts } from '../../launch/preflight/usable-hosts.ts';
import { runUntilStopped, takeStopSignals } from '../../launch/run-until-stopped.ts';
import { stateFolder, stateNameOf } from '../../launch/state-folder.ts';
import { type ReplaceableSystem, replaceable } from '../../launch/succession/replaceable-system.ts';
import { removeRunning, writeRunning } from '../../launch/succession/running-record.ts';
import { parseHandedOver, SUCCESSION } from '../../launch/succession/succession.ts';
import { takeOver } from '../../launch/succession/take-over.ts';
import { localHost, urlForPeople } from '../../network/addresses.ts';
import { servicesOnThisMachine } from '../../network/service-location.ts';
import { hasScreen, loadDashboard } from '../../tui/load-dashboard.ts';

export interface StartOptions {
  readonly config: string;
  readonly envFile: string;
  readonly port?: number;
  readonly headless?: boolean;
}

/** Runs until stopped. @returns the exit code @throws ZephyrError with what to do */
export async function start(options: StartOptions, environment: Environment): Promise<number> {
  const ready = await readyToLaunch(options, environment);
  const isShown = options.headless !== true && hasScreen(environment);
  const signals = takeStopSignals();
  let system: ReplaceableSystem | undefined;
  // Installed before there is a system: the default action of this signal ends the process.
  process.on('SIGUSR2', () => void system?.replace());
  const log = isShown ? ready.logToFile() : console.log;
  const launched = await ready.launch(log);
  const say = translator(ready.loaded.config.ui.language);
  const run = { print: console.log, say, signals };
  if (ready.isNext) {
    const until = Promise.race([signals.first, takeOver(launched)]);
    return await runUntilStopped(launched, { ...run, until });
  }
  system = ready.replaceable(launched, log);
  const until = isShown ? showDashboard(system, ready.loaded, signals.first) : signals.first;
  if (!isShown) console.log(welcome(system, ready.loaded, environment));
  return await runUntilStopped(system, { ...run, until }).finally(ready.forget);
}

export interface ReadyToLaunch {
  readonly loaded: LoadedConfig;
  /** It takes over from a running process: see succession.ts. */
  readonly isNext: boolean;
  /** For output that the dashboard hides; truncated at each start, so that it does not grow. */
  logToFile(): (line: string) => void;
  /** @param log takes each line of the services, for people */
  launch(log: (line: string) => void): Promise<LaunchedSystem>;
  /** Makes it visible to `zephyr restart`. */
  replaceable(system: LaunchedSystem, log: (line: string) => void): ReplaceableSystem;
  forget(): void;
}

/**
 * Checks that the configuration is valid and its ports are free.
 * @throws ZephyrError `CONFIG`, `PORT_IN_USE`
 */
export async function readyToLaunch(
  options: Omit<StartOptions, 'headless'>,
  environment: Environment,
): Promise<ReadyToLaunch> {
  const loaded = loadConfig(
    { configPath: options.config, envFilePath: options.envFile, environment },
    { starting: servicesOnThisMachine(options.port) },
  );
  await rejectUnusableHosts(loaded, environment);
  const say = translator(loaded.config.ui.language);
  for (const note of warningsOf(loaded, options.envFile, say)) console.error(`! ${note}`);
  for (const note of outboundNotesOf(loaded, say)) console.error(note);
  const port = options.port ?? loaded.config.server.port;
  const succession = environment[SUCCESSION];
  const handedOver = succession === undefined ? undefined : parseHandedOver(succession);
  // A successor shares them with its predecessor.
  if (handedOver === undefined) {
    const metrics = addressIn(environment, METRICS_LISTEN);
    await requireFreePorts(wantedPorts(options.config, loaded, { port, metrics }));
  }
  const folder = stateFolder(environment, stateNameOf(options.config, port));
  const names = new Map(loaded.config.endpoints.map(({ id, name }) => [id, name]));
  return {
    loaded,
    isNext: handedOver !== undefined,
    logToFile: () => {
      const file = createWriteStream(join(folder, 'zephyr.log'), { flags: 'w', mode: 0o600 });
      return (line) => file.write(`${stripVTControlCharacters(line)}\n`);
    },
    launch: (log) =>
      launch({
        configPath: options.config,
        envFilePath: options.envFile,
        loaded,
        environment,
        port: options.port,
        redisFolder: folder,
        handedOver,
        onLine: (service, line) => log(formatLogLine(service, line, names)),
      }),
    replaceable: (system, log) =>
      replaceable(system, {
        environment,
        addresses: addressesOf(loaded, options.port),
        print: log,
        record: (record) => writeRunning(folder, record),
      }),
    forget: () => removeRunning(folder),
  };
}

function wantedPorts(
  configPath: string,
  { config: { server, controller, prober } }: LoadedConfig,
  { port, metrics }: { readonly port: number; readonly metrics: Address | undefined },
): readonly WantedPort[] {
  const ofMetrics = metrics && {
    ...metrics,
    owner: phrase`the metrics of the proxy (ZEPHYR_METRICS_LISTEN)`,
    advice: phrase`stop that program, or change ZEPHYR_METRICS_LISTEN`,
  };
  return [
    {
      ...server,
      port,
      owner: phrase`the proxy (server.port)`,
      advice: phrase`stop that program, or choose another port: make start PORT=${otherPort(port, 10)}, or zephyr start --port ${otherPort(port, 10)}`,
    },
    {
      ...controller,
      owner: phrase`the controller (controller.port)`,
      advice: phrase`stop that program, or change controller.port in ${configPath}`,
    },
    {
      ...prober,
      owner: phrase`the prober (prober.port)`,
      advice: phrase`stop that program, or change prober.port in ${configPath}`,
    },
    ...(ofMetrics === undefined ? [] : [ofMetrics]),
  ];
}

/** Until the user quits or a signal arrives. */
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

function welcome(
  { ports }: LaunchedSystem,
  { config, secrets }: LoadedConfig,
  environment: Environment,
): string {
  const say = translator(config.ui.language);
  const certificate = secrets.ownCertificates.server?.certificate;
  const url = urlForPeople({ host: config.server.host, port: ports.proxy, certificate });
  const hasKeys = secrets.clientKeys.length > 0;
  // Without any token Claude Code asks for a login; the proxy replaces this one.
  const authToken = hasKeys ? say('start.personKey') : 'anything';
  const lines = shellLines('sh', { baseUrl: url, authToken }, environment);
  const dashboard = `http://${localHost(config.controller.host)}:${ports.controller}`;
  return `
${say('start.serves', { url })}

${lines.map((line) => `  ${line}`).join('\n')}

${say('start.watch', { command: `${ownCommand(environment)} status`, url, dashboard })}
`;
}
