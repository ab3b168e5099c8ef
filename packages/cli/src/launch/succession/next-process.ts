/** The successor process as seen by the first: started with the listening sockets, and watched. */
import { type ChildProcess, type SendHandle, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { createInterface } from 'node:readline';
import { type Clock, systemClock, type Timer } from '@zephyr/runtime/clock';
import type { Address } from '@zephyr/runtime/config/variables/own-variables';
import { type Environment, handedOver } from '@zephyr/runtime/environment';
import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { SERVICE_NAMES, type ServiceName } from '@zephyr/runtime/service-name';
import { fromNextSchema, HAND_OVER, type HandedOver, SUCCESSION } from './succession.ts';

/** Node internal: owns a file descriptor, and accepts nothing until listened on. */
interface RawSocket {
  readonly fd: number;
  close(): void;
}

/** Listening sockets, by service. */
export type Sockets = Readonly<Record<ServiceName, readonly (Server | RawSocket)[]>>;

export interface NextProcess {
  readonly pid: number;
  readonly version: string;
  /** How it ended. */
  readonly ended: Promise<string>;
  /** Its own sockets, for its successor. Close them with `closeSockets`. */
  sockets(): Promise<Sockets>;
  /** Graceful: active requests finish there. */
  stop(): void;
  kill(): void;
}

export interface NextProcessPlan {
  readonly environment: Environment;
  readonly addresses: Readonly<Record<ServiceName, Address>>;
  readonly redisUrl: string | undefined;
  readonly print: (line: string) => void;
  readonly clock?: Clock | undefined;
}

/** In the child: after stdin, stdout, stderr and the IPC channel. */
const FIRST_FD = 4;
/** Loading takes a second or two, more on a loaded machine. */
const READY_TIMEOUT_MS = 90_000;

/**
 * @param signal kills it while it is starting
 * @throws ZephyrError `SUCCESSOR` if it does not become ready; it has then ended
 */
export async function startNextProcess(
  sockets: Sockets,
  plan: NextProcessPlan,
  signal: AbortSignal,
): Promise<NextProcess> {
  const { environment, redisUrl, print, clock = systemClock } = plan;
  const argv = [...process.execArgv, '--', ...process.argv.slice(1)];
  const child: ChildProcess = spawn(process.execPath, argv, {
    // Ctrl-C goes to the first process, which forwards it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', ...fdsOf(sockets)],
    env: handedOver({
      ...environment,
      [SUCCESSION]: JSON.stringify(handedOverOf(sockets, plan)),
      ...(redisUrl === undefined ? {} : { ZEPHYR_REDIS_URL: redisUrl }),
    }),
  });
  for (const output of [child.stdout, child.stderr]) {
    if (output !== null) createInterface({ input: output }).on('line', print);
  }
  const ended = once(child, 'exit').then(
    ([code, signal]) => (code === null ? `signal ${String(signal)}` : `exit code ${String(code)}`),
    messageOf,
  );
  const kill = (): boolean => child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  const version = await readyVersion(child, ended, clock).finally(() =>
    signal.removeEventListener('abort', kill),
  );
  return {
    pid: child.pid ?? 0,
    version,
    ended,
    sockets: () => socketsOf(child, ended),
    stop: () => child.kill('SIGTERM'),
    kill,
  };
}

/** Closes our copies; those of the next process stay open. Servers close by themselves. */
export function closeSockets(sockets: Sockets): void {
  for (const socket of SERVICE_NAMES.flatMap((name) => sockets[name])) {
    if (!('listening' in socket)) socket.close();
  }
}

/** Node's types omit a server's own handle. */
function fdsOf(sockets: Sockets): readonly number[] {
  return SERVICE_NAMES.flatMap((name) => sockets[name]).map((socket) => {
    const { fd } = '_handle' in socket ? (socket._handle as RawSocket) : (socket as RawSocket);
    return fd;
  });
}

function handedOverOf(sockets: Sockets, { addresses }: NextProcessPlan): HandedOver {
  let fd = FIRST_FD;
  const entries = SERVICE_NAMES.map((name) => {
    const fds = sockets[name].map(() => fd++);
    return [name, { ...addresses[name], fds }];
  });
  return Object.fromEntries(entries) as HandedOver;
}

async function readyVersion(
  child: ChildProcess,
  ended: Promise<string>,
  clock: Clock,
): Promise<string> {
  const ready = new Promise<string>((resolve) => {
    child.on('message', (message) => {
      const read = fromNextSchema.safeParse(message);
      if (read.data?.kind === 'ready') resolve(read.data.version);
    });
  });
  let limit: Timer | undefined;
  const late = new Promise<'late'>((resolve) => {
    limit = clock.setTimer(() => resolve('late'), READY_TIMEOUT_MS);
  });
  const first = await Promise.race([
    ready.then((version) => ({ version })),
    ended.then((how) => ({ how })),
    late.then(() => ({ how: phrase`not ready after ${READY_TIMEOUT_MS / 1_000} s` })),
  ]);
  clock.clearTimer(limit);
  if ('version' in first) return first.version;
  child.kill('SIGKILL');
  throw new ZephyrError('SUCCESSOR', phrase`the new process did not start: ${first.how}`, {
    advice: [phrase`see the lines above for the reason; the running process continues`],
  });
}

/** @throws ZephyrError `SUCCESSOR` */
async function socketsOf(child: ChildProcess, ended: Promise<string>): Promise<Sockets> {
  const sockets: Record<ServiceName, RawSocket[]> = { proxy: [], controller: [], prober: [] };
  const all = new Promise<'all'>((resolve) => {
    const take = (message: unknown, handle: SendHandle) => {
      const read = fromNextSchema.safeParse(message).data;
      if (read?.kind !== 'listener') return;
      sockets[read.service].push(handle as unknown as RawSocket);
      if (read.left > 0) return;
      child.off('message', take);
      resolve('all');
    };
    child.on('message', take);
  });
  child.send(HAND_OVER);
  if ((await Promise.race([all, ended])) === 'all') return sockets;
  throw new ZephyrError('SUCCESSOR', phrase`the serving process has exited`);
}
