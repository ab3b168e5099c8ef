/**
 * `zephyr demo`: all of Zephyr with three simulated endpoints in this process, which can be killed and
 * revived from another terminal. Demos share no state.
 */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_PORTS, MAX_PORT } from '@zephyr/contract/default-ports';
import type { ProgramStatus } from '@zephyr/contract/status/program-status';
import { findCli } from '@zephyr/probes/claude-cli/cli-binary';
import { loadConfig } from '@zephyr/runtime/config/read/load';
import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import type { ServiceName } from '@zephyr/runtime/service-name';
import { type SimulatedEndpoint, startSimulatedEndpoint } from '@zephyr/testkit/simulated-endpoint';
import { type Language, type Translate, translator } from '@zephyr/texts';
import { quotedForSh, shellLines } from '../../claude-code/shell-lines.ts';
import { IS_CHECKOUT, ownCommand } from '../../command-line/own-command.ts';
import { type LaunchedSystem, launch } from '../../launch/launcher.ts';
import { formatLogLine } from '../../launch/log-line.ts';
import { otherPort, requireFreePorts } from '../../launch/preflight/free-port.ts';
import { demoRedisUrl } from '../../launch/redis/demo-redis.ts';
import { runUntilStopped, takeStopSignals } from '../../launch/run-until-stopped.ts';
import { stateFolder } from '../../launch/state-folder.ts';
import { poll } from '../../network/poll.ts';
import { DEMO_PROBE_INTERVAL_SECONDS, serveDemoControl } from './demo-control.ts';

export interface DemoOptions {
  /** The proxy's; the controller and the prober take the next two. */
  readonly port?: number;
}

/** A probe takes a second or two; after this the next steps are shown anyway. */
const FIRST_PROBES_WAIT = { intervalMs: 200, timeoutMs: 15_000 };
const TOKEN_VARIABLE = 'ZEPHYR_DEMO_TOKEN';
/** Differs from what clients send: a proxy that forwarded theirs would get 401. */
const TOKEN = 'token-of-the-simulated-provider';

/**
 * The fastest is last in the configuration, so that it has to be found. The failing one is second best, so
 * that it is tried.
 */
const PROFILES = [
  { name: 'Virginia', firstEventMs: 700, jitterMs: 150, failureRatio: 0 },
  { name: 'Frankfurt', firstEventMs: 350, jitterMs: 100, failureRatio: 0.2 },
  { name: 'Tokyo', firstEventMs: 150, jitterMs: 50, failureRatio: 0 },
];

/** Runs until stopped. @returns the exit code */
export async function runDemo(
  options: DemoOptions,
  environment: Environment,
  language: Language,
): Promise<number> {
  const port = options.port ?? DEFAULT_PORTS.proxy;
  const signals = takeStopSignals();
  const demo = await startDemo(port, environment, (line) => console.log(line), language);
  const { ports } = demo.system;
  const say = translator(language);
  console.log(`\n${say('demo.probing')}`);
  firstProbes(ports.proxy).then(
    () => console.log(nextSteps(ports, say, environment)),
    // It has ended in the meantime.
    () => undefined,
  );
  try {
    return await runUntilStopped(demo.system, {
      print: console.log,
      say,
      signals,
    });
  } finally {
    await demo.endEndpoints();
  }
}

export interface Demo {
  readonly system: LaunchedSystem;
  readonly endpoints: readonly SimulatedEndpoint[];
  /** Call it after the system has ended: active answers come from them. */
  endEndpoints(): Promise<void>;
}

/** Offsets from the proxy's port. */
const PORT_STEPS: Readonly<Record<ServiceName, number>> = { proxy: 0, controller: 1, prober: 2 };
const LAST_PORT = MAX_PORT - PORT_STEPS.prober;

/** @param the proxy's port; 0 uses free ports everywhere */
export async function startDemo(
  port: number,
  environment: Environment,
  print: (line: string) => void,
  language: Language = 'en',
): Promise<Demo> {
  await requireDemoPorts(port);
  const redisUrl = await demoRedisUrl(environment);
  const endpoints = await Promise.all(
    PROFILES.map((profile, index) =>
      startSimulatedEndpoint({ ...profile, token: TOKEN, wordMs: 30, seed: index + 1 }),
    ),
  );
  const folder = stateFolder(environment, 'demo');
  const configPath = writeConfig(folder, demoConfig(port, endpoints, language));
  // For tokens entered on the settings page.
  const envFilePath = join(folder, `${process.pid}.env`);
  let control: Awaited<ReturnType<typeof serveDemoControl>> | undefined;
  const endEndpoints = async () => {
    for (const path of [configPath, envFilePath]) rmSync(path, { force: true });
    await control?.stop();
    await Promise.all(endpoints.map((endpoint) => endpoint.kill()));
  };
  try {
    // The person's own settings for real use, such as another Redis, are not the demo's.
    const demoEnvironment = {
      ...environment,
      [TOKEN_VARIABLE]: TOKEN,
      ZEPHYR_REDIS_URL: redisUrl,
      ZEPHYR_REDIS_URL_FILE: undefined,
    };
    const system = await launch({
      configPath,
      envFilePath,
      loaded: loadConfig({ configPath, envFilePath, environment: demoEnvironment }),
      environment: demoEnvironment,
      onLine: worthReading(print),
    });
    control = await serveDemoControl(endpoints, system.ports.proxy, environment);
    return { system, endpoints, endEndpoints };
  } catch (error) {
    await endEndpoints();
    throw error;
  }
}

async function requireDemoPorts(port: number): Promise<void> {
  if (port > LAST_PORT) {
    throw new ZephyrError(
      'USAGE',
      phrase`--port ${port} leaves no ports for the controller and the prober`,
      {
        advice: [phrase`the demo uses three ports in a row: --port ${LAST_PORT} at most`],
      },
    );
  }
  await requireFreePorts(
    Object.entries(PORT_STEPS).map(([service, steps]) => ({
      host: '127.0.0.1',
      port: port === 0 ? 0 : port + steps,
      owner: phrase`the ${service}`,
      advice: phrase`stop that program, or choose other ports: make demo PORT=${otherPort(port, 1000)}, or zephyr demo --port ${otherPort(port, 1000)}`,
    })),
  );
}

/** Without passed probes: with many a minute, they would push the next steps out of sight. */
function worthReading(print: (line: string) => void): (service: string, line: string) => void {
  return (service, line) => {
    if (!line.includes('"msg":"probe passed"')) print(formatLogLine(service, line));
  };
}

function writeConfig(folder: string, text: string): string {
  const path = join(folder, `config-${process.pid}.toml`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function demoConfig(
  port: number,
  endpoints: readonly SimulatedEndpoint[],
  language: Language,
): string {
  const portOf = (service: ServiceName) => (port === 0 ? 0 : port + PORT_STEPS[service]);
  const lines = endpoints.map(({ name, url }) => `  { name = "${name}", url = "${url}" },`);
  return `# Made by zephyr demo; removed when it ends.
[server]
port = ${portOf('proxy')}
[controller]
port = ${portOf('controller')}
[prober]
port = ${portOf('prober')}
[ui]
language = "${language}"
[health_check]
interval_seconds = ${DEMO_PROBE_INTERVAL_SECONDS}
timeout_seconds = 9
[[groups]]
name = "simulated"
auth_token_env = "${TOKEN_VARIABLE}"
endpoints = [
${lines.join('\n')}
]
`;
}

/** Until then requests follow the configured order, not the latency. */
async function firstProbes(proxyPort: number): Promise<void> {
  await poll(async () => {
    const response = await fetch(`http://127.0.0.1:${proxyPort}/status`, {
      headers: { accept: 'application/json' },
    });
    const status = (await response.json()) as ProgramStatus;
    return status.endpoints.every(({ health }) => health !== 'unknown') ? status : undefined;
  }, FIRST_PROBES_WAIT);
}

/** The package includes a Claude CLI, which may not be installed otherwise. */
function claudeCommand(environment: Environment): string {
  const path = IS_CHECKOUT ? undefined : findCli(undefined, environment['PATH'] ?? '');
  return path === undefined ? 'npx @anthropic-ai/claude-code' : quotedForSh(path);
}

function nextSteps(
  { proxy: proxyPort, controller: controllerPort }: LaunchedSystem['ports'],
  say: Translate,
  environment: Environment,
): string {
  const url = `http://127.0.0.1:${proxyPort}`;
  const variables = shellLines('sh', { baseUrl: url, authToken: 'demo' }, environment);
  const assignments = variables.map((line) => line.replace('export ', '')).join(' ');
  const fastestFirst = PROFILES.toSorted((left, right) => left.firstEventMs - right.firstEventMs);
  const endpoints = fastestFirst.map(({ name, firstEventMs: ms, failureRatio }) => {
    return `  ${name.padEnd(10)} ${say(failureRatio > 0 ? 'demo.fails' : 'demo.answers', { ms })}`;
  });
  const isDefault = proxyPort === DEFAULT_PORTS.proxy;
  const portFlag = isDefault ? '' : ` --port ${proxyPort}`;
  const controllerUrl = `http://127.0.0.1:${controllerPort}`;
  const zephyr = ownCommand(environment);
  const statusCommand = isDefault ? `${zephyr} status` : `${zephyr} status --url ${controllerUrl}`;
  return `
${say('demo.serves', { url })}
${endpoints.join('\n')}

${say(IS_CHECKOUT ? 'demo.nowHere' : 'demo.now')}

  ${say('demo.ask')}
       ${assignments} ${claudeCommand(environment)} -p hello
  ${say('demo.kill')}
       ${zephyr} demo kill Tokyo${portFlag}
  ${say('demo.revive')}
       ${zephyr} demo revive Tokyo${portFlag}

${say('demo.watch', { places: [statusCommand, `${url}/status`, controllerUrl].join(', ') })}
${say('demo.end')}
`;
}
