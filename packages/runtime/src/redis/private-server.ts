/**
 * A private Redis: a real redis-server or valkey-server on a unix socket that only this user can open,
 * stopped with this program. For `zephyr start`, the demo and the tests.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Clock, isWithin, systemClock } from '../clock.ts';
import { ZephyrError } from '../errors.ts';
import { type Phrase, phrase } from '../phrase.ts';
import { findProgram } from '../process/find-program.ts';

export interface RedisServer {
  /** `unix:///…/redis.sock`, for `RedisTarget`. */
  readonly url: string;
  readonly pid: number;
  /** Settles when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Stops the server and removes its temporary files. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Keeps the data between runs in this folder; without it nothing is written to disk. */
  readonly dataFolder?: string | undefined;
  /** The folder of its socket, instead of a new one: for a server that is replaced. */
  readonly socketFolder?: string | undefined;
  /** Further server arguments, e.g. `['--maxmemory', '4mb']`. */
  readonly extraArguments?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
}

/** How long a server may take to load its data and accept connections. */
const START_TIMEOUT_MS = 20_000;
/** A server that has not ended by then is killed. */
const STOP_TIMEOUT_MS = 5_000;
const PROGRAMS = ['redis-server', 'valkey-server'];

/** The path of the first Redis-like server in PATH, or undefined. */
export function findRedisServer(): string | undefined {
  return findProgram(PROGRAMS, process.env['PATH'] ?? '');
}

/** @throws ZephyrError `REDIS_MISSING` if there is no server program, `REDIS_START` if it fails */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const program = findRedisServer();
  if (program === undefined) {
    throw redisMissing();
  }
  const { clock = systemClock } = options;
  const folder = options.socketFolder ?? makeSocketFolder();
  const socket = join(folder, 'redis.sock');
  const persistence =
    options.dataFolder === undefined ? ['--appendonly', 'no'] : ['--appendonly', 'yes'];
  if (options.dataFolder !== undefined)
    mkdirSync(options.dataFolder, { recursive: true, mode: 0o700 });
  const child = spawn(
    program,
    [
      ...['--port', '0', '--unixsocket', socket, '--unixsocketperm', '700'],
      ...['--dir', options.dataFolder ?? folder, '--save', '', ...persistence],
      ...['--maxmemory-policy', 'noeviction', '--daemonize', 'no'],
      // Its housekeeping, by default ten times a second, is most of what it does while idle.
      ...['--hz', '5'],
      ...(options.extraArguments ?? []),
    ],
    // Its own process group: Ctrl-C in the terminal must not end Redis before the services.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const watchdog = endWithThisProgram(child);
  const removeFolder = () => {
    if (options.socketFolder === undefined) rmSync(folder, { recursive: true, force: true });
  };
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    await ready(child, clock);
  } catch (error) {
    child.kill('SIGKILL');
    removeFolder();
    throw error;
  }
  // Discard its further output; unread pipes would fill up and block it.
  child.stdout?.resume();
  child.stderr?.resume();
  return {
    url: `unix://${socket}`,
    pid: child.pid ?? -1,
    exited,
    stop: async () => {
      child.kill('SIGTERM');
      if (!(await isWithin(clock, STOP_TIMEOUT_MS, exited))) child.kill('SIGKILL');
      await exited;
      await watchdog;
      removeFolder();
    },
  };
}

function redisMissing(): ZephyrError {
  const message = phrase`neither redis-server nor valkey-server is installed`;
  return new ZephyrError('REDIS_MISSING', message, {
    advice: [
      phrase`in a checkout, make setup installs one, or explains how to without root`,
      phrase`elsewhere: sudo apt-get install redis-server, or brew install valkey`,
      phrase`or set ZEPHYR_REDIS_URL to a running Redis`,
    ],
  });
}

/** Accessible to this user only, with a path short enough for a socket (about 100 characters). */
export function makeSocketFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-redis-'));
  chmodSync(folder, 0o700);
  return folder;
}

/**
 * Stops the server even if this program is killed with SIGKILL: a shell waits for EOF on a pipe that we hold,
 * which the kernel closes with us. Works wherever there is a shell; `setpriv --pdeathsig` is Linux only.
 *
 * @returns when the watchdog is gone; it ends with the server
 */
async function endWithThisProgram(server: ChildProcess): Promise<void> {
  // Spawning failed; `ready` rejects with the reason.
  if (server.pid === undefined) return;
  const watchdog = spawn('sh', ['-c', 'read _; kill -TERM "$1"', 'sh', String(server.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Once the server has ended, its process id may be reused by another program.
  server.once('exit', () => watchdog.kill('SIGKILL'));
  await new Promise((resolve) => watchdog.once('close', resolve));
}

function ready(child: ChildProcess, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string | Phrase) =>
      reject(
        new ZephyrError('REDIS_START', phrase`redis-server did not start: ${why}`, {
          advice: [output.slice(-500)],
        }),
      );
    const limit = clock.setTimer(
      () => fail(phrase`not ready after ${START_TIMEOUT_MS / 1000} s`),
      START_TIMEOUT_MS,
    );
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(phrase`it exited with code ${String(code)}`));
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      // Redis and Valkey word it differently, and differently for sockets and ports.
      if (/ready to accept connections/i.test(output)) {
        clock.clearTimer(limit);
        resolve();
      }
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
  });
}
