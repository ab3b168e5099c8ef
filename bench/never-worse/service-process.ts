/** One service as its own process, as in a container: it can be frozen and killed by its id. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { SERVICE_NODE_FLAGS } from '@zephyr/runtime/process/node-flags';
import type { ReadyMessage } from '@zephyr/runtime/service/service';

import type {
  ServiceSpec,
  StartedService,
} from '../../packages/cli/src/launch/services/supervised-service.ts';

/** For the last lines of its log, once it has ended. */
const LAST_LINES_MS = 1_000;

export interface ServiceProcesses {
  /** Pid of the latest run; undefined once it has ended. */
  pid(): number | undefined;
  /** Where it listens; undefined until it is ready, and once it has ended. */
  port(): number | undefined;
  start(spec: ServiceSpec): StartedService;
}

/**
 * Starts the runs of one service, one after another.
 * @param mainPath its main.ts
 * @param nodeFlags further arguments for Node
 */
export function serviceProcesses(
  mainPath: string,
  nodeFlags: readonly string[] = [],
): ServiceProcesses {
  let child: ChildProcess | undefined;
  let port: number | undefined;
  const isRunning = (): boolean => child?.exitCode === null && child.signalCode === null;
  return {
    pid: () => (isRunning() ? child?.pid : undefined),
    port: () => (isRunning() ? port : undefined),
    start: (spec) => {
      const run = spawnService(mainPath, nodeFlags, spec);
      child = run;
      port = undefined;
      const started = startedService(run);
      void started.ready.then((readyPort) => {
        if (child === run) port = readyPort;
      });
      return started;
    },
  };
}

function spawnService(
  mainPath: string,
  nodeFlags: readonly string[],
  { name, environment, onLine }: ServiceSpec,
): ChildProcess {
  const child = fork(mainPath, {
    env: environment,
    execArgv: [...SERVICE_NODE_FLAGS, ...nodeFlags],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C in the terminal reaches only the bench, which stops them in the right order.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null)
      createInterface({ input: stream }).on('line', (line) => onLine(name, line));
  }
  return child;
}

function startedService(child: ChildProcess): StartedService {
  const closed = once(child, 'close');
  return {
    ready: once(child, 'message').then(([message]) => (message as ReadyMessage).port),
    ended: once(child, 'exit').then(async ([code, signal]) => {
      // An orphaned child may keep the pipes open.
      await Promise.race([closed, sleep(LAST_LINES_MS, undefined, { ref: false })]);
      return signal === null ? `exit code ${code}` : `signal ${signal}`;
    }),
    listeners: [],
    stop: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
  };
}
