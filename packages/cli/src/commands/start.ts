import { existsSync } from 'node:fs';
import { loadConfig } from '@zephyr/runtime/config/load';
import { ZephyrError } from '@zephyr/runtime/errors';

import { requireFreePorts } from '../launch/free-port.ts';
import { launch } from '../launch/launcher.ts';
import { formatLogLine } from '../launch/log-line.ts';
import { runUntilStopped } from '../launch/run-until-stopped.ts';
import { stateFolder, stateNameOf } from '../launch/state-folder.ts';

export interface StartOptions {
  readonly config: string;
  readonly envFile: string;
  readonly port?: number;
  readonly headless?: boolean;
}

/** Runs until it is stopped. @returns the exit code @throws ZephyrError with what to do */
export async function start(options: StartOptions): Promise<number> {
  if (!existsSync(options.config)) throw missingConfig(options.config);
  const loaded = loadConfig({
    configPath: options.config,
    envFilePath: options.envFile,
    environment: process.env,
  });
  const { server, controller, prober } = loaded.config;
  const port = options.port ?? server.port;
  await requireFreePorts([
    {
      ...server,
      port,
      owner: 'the proxy (server.port)',
      advice: `end that program, or choose another port: zephyr start --port ${port + 10}`,
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
  const system = await launch({
    configPath: options.config,
    envFilePath: options.envFile,
    loaded,
    environment: process.env,
    port: options.port,
    redisFolder: stateFolder(process.env, stateNameOf(options.config, port)),
    onLine: (service, line) => console.log(formatLogLine(service, line)),
  });
  console.log(welcome(`http://${hostForPeople(server.host)}:${system.ports.proxy}`));
  return runUntilStopped(system, console.log);
}

function welcome(url: string): string {
  return `
Zephyr serves at ${url}. Wherever Claude Code runs:

  export ANTHROPIC_BASE_URL=${url}

Who serves now: ${url}/status or npx zephyr status. Ctrl-C ends everything.
`;
}

/** An address that a program can connect to. */
function hostForPeople(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}

function missingConfig(path: string): ZephyrError {
  return new ZephyrError('CONFIG', `${path} does not exist`, {
    advice: [
      `make one:             cp config.toml.example ${path} && cp .env.example .env`,
      'with Instcopilot:     use config.toml.example.instcopilot and .env.example.instcopilot',
      'then put your endpoints into the first and the tokens into the second',
      'or try Zephyr first:  npx zephyr demo (needs no token)',
    ],
  });
}
