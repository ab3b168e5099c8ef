/** `zephyr service`: Zephyr as this user's background service, from login on. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';

import { loadConfig } from '@zephyr/runtime/config/read/load';
import type { Environment } from '@zephyr/runtime/environment';
import { plainPart } from '@zephyr/runtime/environment';
import { EXIT } from '@zephyr/runtime/errors';
import { type Translate, translator } from '@zephyr/texts';

import { PROGRAM } from '../../../command-line/own-command.ts';
import { stateFolder } from '../../../launch/state-folder.ts';
import { servicesOnThisMachine } from '../../../network/service-location.ts';
import { type ServiceManager, serviceManager } from './manager.ts';

export interface ServiceOptions {
  readonly config: string;
  readonly envFile: string;
  readonly port?: number;
}

/** For the launcher itself, on top of the drain limit. */
const STOP_MARGIN_SECONDS = 15;

/**
 * Checks the configuration as the service will see it, writes the manager's file and starts it.
 * @returns the text to print
 * @throws ZephyrError `CONFIG`, before anything is written; `SERVICE_MANAGER`
 */
export async function installService(
  options: ServiceOptions,
  environment: Environment,
  platform: string = process.platform,
): Promise<string> {
  const manager = serviceManager(environment, platform);
  // A token that is only in this shell would be missing there.
  const loaded = loadConfig(
    {
      configPath: options.config,
      envFilePath: options.envFile,
      environment: plainPart(environment),
    },
    { starting: servicesOnThisMachine(options.port) },
  );
  const configPath = resolve(options.config);
  const run = {
    programPath: PROGRAM,
    configPath,
    envFilePath: resolve(options.envFile),
    workingFolder: dirname(configPath),
    searchPath: searchPathOf(environment),
    port: options.port,
    stopLimitSeconds: Math.ceil(loaded.config.timeouts.drainMs / 1_000) + STOP_MARGIN_SECONDS,
    logPath: join(stateFolder(environment, 'service'), 'zephyr.log'),
  };
  await enableBy(manager, manager.definitionOf(run));
  const say = translator(loaded.config.ui.language);
  const { host } = loaded.config.server;
  const port = options.port ?? loaded.config.server.port;
  return [
    say('service.installed', { path: manager.path }),
    say('service.next', { address: `${host}:${port}` }),
    ...hintsOf(manager, say),
  ].join('\n');
}

/** If the manager refuses it, the old file is restored. */
async function enableBy(manager: ServiceManager, definition: string): Promise<void> {
  const before = existsSync(manager.path) ? readFileSync(manager.path, 'utf8') : undefined;
  mkdirSync(dirname(manager.path), { recursive: true });
  writeFileSync(manager.path, definition);
  try {
    await manager.enable();
  } catch (error) {
    if (before === undefined) rmSync(manager.path);
    else writeFileSync(manager.path, before);
    throw error;
  }
}

function hintsOf({ hints }: ServiceManager, say: Translate): readonly string[] {
  return hints.map(({ key, command }) => say(key, { command }));
}

/** The Node running this comes first: the npm package starts with the first `node` in PATH. */
function searchPathOf(environment: Environment): string {
  const usual = environment['PATH'] || '/usr/local/bin:/usr/bin:/bin';
  return [...new Set([dirname(process.execPath), ...usual.split(delimiter)])].join(delimiter);
}

/** Stops Zephyr gracefully and removes the file. @throws ZephyrError `SERVICE_MANAGER` */
export async function uninstallService(
  environment: Environment,
  say: Translate,
  platform: string = process.platform,
): Promise<string> {
  const manager = serviceManager(environment, platform);
  if (!existsSync(manager.path)) return say('service.notInstalled');
  await manager.disable();
  rmSync(manager.path);
  await manager.forget();
  return say('service.uninstalled', { path: manager.path });
}

/** @returns the text to print and the exit code: 0 if it runs */
export async function serviceStatus(
  environment: Environment,
  say: Translate,
  platform: string = process.platform,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const manager: ServiceManager = serviceManager(environment, platform);
  if (!existsSync(manager.path)) {
    return { text: say('service.install'), exitCode: EXIT.failure };
  }
  return (await manager.isRunning())
    ? { text: say('service.running', { path: manager.path }), exitCode: EXIT.ok }
    : {
        text: [say('service.stopped', { path: manager.path }), ...hintsOf(manager, say)].join('\n'),
        exitCode: EXIT.failure,
      };
}
