/**
 * `zephyr run -- claude …`: one command with Claude Code's requests through Zephyr. Affects only that
 * command; a Zephyr started for it ends with it.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import { readDocument } from '@zephyr/runtime/config/read/load';
import { variableNamesIn } from '@zephyr/runtime/config/schema/raw';
import type { Environment } from '@zephyr/runtime/environment';
import { EXIT, ZephyrError } from '@zephyr/runtime/errors';

import { pastProxy } from '../../claude-code/claude-no-proxy.ts';
import { AUTH_TOKEN, BASE_URL } from '../../claude-code/claude-settings.ts';
import { type FoundProxy, findProxy } from '../../claude-code/find-proxy.ts';
import { usableToken } from '../../claude-code/token.ts';
import type { LaunchedSystem } from '../../launch/launcher.ts';
import { localHost } from '../../network/addresses.ts';
import { readyToLaunch } from './start.ts';

export interface RunCommandOptions {
  readonly config: string;
  readonly envFile: string;
  /** The proxy's, instead of the configured one; then none is started. */
  readonly url?: string;
}

export interface RunCall {
  readonly command: readonly [string, ...string[]];
  readonly options: RunCommandOptions;
  readonly environment: Environment;
}

/** The shells' exit codes. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
const SIGNALLED = 128;

/**
 * @returns the exit code of the command; 128 plus the number of the signal that ended it
 * @throws ZephyrError if there is no proxy and none can be started, or it refuses the key
 */
export async function run({ command, options, environment }: RunCall): Promise<number> {
  const key = environment[AUTH_TOKEN] || undefined;
  const { proxy, system, ownVariables } = await findOrStart(options, environment, key);
  try {
    const authToken = usableToken(proxy, key, 'zephyr run -- …');
    const past = pastProxy(proxy.url, environment);
    return await runChild(command, {
      ...without(environment, ['ANTHROPIC_API_KEY', ...ownVariables]),
      ...(past === undefined ? {} : { [past.name]: past.value }),
      [BASE_URL]: proxy.url,
      [AUTH_TOKEN]: authToken,
    });
  } finally {
    await system?.stop();
  }
}

interface ReachedProxy {
  readonly proxy: FoundProxy;
  /** Started for this command. */
  readonly system?: LaunchedSystem;
  /** Variables that the configuration reads: the command must not see endpoint tokens. */
  readonly ownVariables: readonly string[];
}

async function findOrStart(
  options: RunCommandOptions,
  environment: Environment,
  key: string | undefined,
): Promise<ReachedProxy> {
  const wanted = { configPath: options.config, envFilePath: options.envFile, key, environment };
  try {
    const proxy = await findProxy({ ...wanted, url: options.url });
    return { proxy, ownVariables: variablesNamedIn(options.config) };
  } catch (error) {
    const isAway = error instanceof ZephyrError && error.code === 'UNREACHABLE';
    if (!isAway || options.url !== undefined) throw error;
  }
  const ready = await readyToLaunch(options, environment);
  const { server } = ready.loaded.config;
  const system = await ready.launch(ready.logToFile());
  try {
    const url = `http://${localHost(server.host)}:${system.ports.proxy}`;
    const proxy = await findProxy({ ...wanted, url });
    return { proxy, system, ownVariables: ready.loaded.variableNames };
  } catch (error) {
    await system.stop();
    throw error;
  }
}

/** The configuration may be absent or another program's: with `--url` it is not needed. */
function variablesNamedIn(configPath: string): readonly string[] {
  try {
    return variableNamesIn(readDocument(configPath));
  } catch {
    return [];
  }
}

function without(environment: Environment, names: readonly string[]): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
}

function runChild([program, ...args]: RunCall['command'], env: Environment): Promise<number> {
  return new Promise((resolve, reject) => {
    // First: the command may get a signal as soon as it has printed something.
    const forget = forwardSignals((signal) => child.kill(signal));
    const child = spawn(program, args, { env, stdio: 'inherit' });
    child.once('error', (error: NodeJS.ErrnoException) => {
      forget();
      if (error.code === 'ENOENT') resolve(failed(`${program}: command not found`, NOT_FOUND));
      else if (error.code === 'EACCES')
        resolve(failed(`${program}: not executable`, NOT_EXECUTABLE));
      else reject(error);
    });
    child.once('exit', (code, signal) => {
      forget();
      resolve(signal === null ? (code ?? EXIT.failure) : SIGNALLED + constants.signals[signal]);
    });
  });
}

function failed(message: string, exitCode: number): number {
  console.error(message);
  return exitCode;
}

/**
 * This program waits for its child to exit. A terminal sends Ctrl-C to both; forwarding it would count twice,
 * which ends Claude Code.
 */
function forwardSignals(forward: (signal: NodeJS.Signals) => void): () => void {
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const handlers = (['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const isOfTerminal = hasTerminal && signal !== 'SIGTERM';
    const handler = () => void (isOfTerminal || forward(signal));
    process.on(signal, handler);
    return { signal, handler };
  });
  return () => {
    for (const { signal, handler } of handlers) process.off(signal, handler);
  };
}
