/**
 * One service as a child process: started, watched, started again when it crashes, ended.
 *
 *     starting --(ready)--> running --(exit)--> waiting --(back-off)--> starting
 *     starting --(exit, or not ready in time; never ready before)--> ended
 *     any --(stop)--> stopping --(exit)--> ended
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { type EnvironmentMessage, HANDOVER_VARIABLE, plainPart } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import { SERVICE_NODE_FLAGS } from '@zephyr/runtime/node-flags';
import type { ReadyMessage, ServiceName } from '@zephyr/runtime/service';

export interface ServiceSpec {
  readonly name: ServiceName;
  /** Its main.ts. */
  readonly mainPath: string;
  /** Handed over so that no other process can read it: see runtime's environment.ts. */
  readonly environment: Record<string, string>;
  /** How long its first start may take. */
  readonly readyLimitMs: number;
  /** Called with each line of its log. */
  readonly onLine: (service: ServiceName, line: string) => void;
}

export interface SupervisedService {
  readonly name: ServiceName;
  /** The port where it listens. @throws ZephyrError `SERVICE_START` when the first start fails. */
  readonly ready: Promise<number>;
  pid(): number | undefined;
  /** Asks it to end and waits for that. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** Between a crash and the next start; doubles with each crash in a row. */
const FIRST_BACK_OFF_MS = 500;
const LONGEST_BACK_OFF_MS = 10_000;
/** A service that lived so long has not crashed "again". */
const STEADY_MS = 60_000;
/** For the last lines of its log, once it has ended. */
const LAST_LINES_MS = 1_000;

type State =
  | { readonly status: 'starting' | 'running' | 'stopping'; readonly child: ChildProcess }
  | { readonly status: 'waiting'; readonly timer: NodeJS.Timeout }
  | { readonly status: 'ended' };

export function superviseService(spec: ServiceSpec): SupervisedService {
  const firstReady = Promise.withResolvers<number>();
  const ended = Promise.withResolvers<void>();
  let state: State = { status: 'ended' };
  let everReady = false;
  let backOffMs = FIRST_BACK_OFF_MS;

  const finish = () => {
    state = { status: 'ended' };
    ended.resolve();
  };

  const start = () => {
    const startedAtMs = performance.now();
    const child = spawnService(spec);
    state = { status: 'starting', child };
    const isLate = everReady ? () => false : endWhenLate(child, firstReady.promise, spec);
    child.on('message', (message: ReadyMessage) => {
      if (message.type !== 'ready' || state.status !== 'starting') return;
      state = { status: 'running', child };
      everReady = true;
      firstReady.resolve(message.port);
    });
    child.once('error', (error) => {
      firstReady.reject(startFailure(spec.name, error.message));
      // It could not even be spawned: no exit will be told.
      if (child.pid === undefined) finish();
    });
    endOf(child).then((how) => {
      if (state.status === 'stopping') return finish();
      if (!everReady) {
        const why = isLate() ? `not ready after ${spec.readyLimitMs / 1000} s` : how;
        firstReady.reject(startFailure(spec.name, why));
        return finish();
      }
      if (performance.now() - startedAtMs > STEADY_MS) backOffMs = FIRST_BACK_OFF_MS;
      spec.onLine(spec.name, `ended with ${how}; starting it again in ${backOffMs / 1000} s`);
      state = { status: 'waiting', timer: setTimeout(start, backOffMs) };
      backOffMs = Math.min(backOffMs * 2, LONGEST_BACK_OFF_MS);
    });
  };
  start();

  return {
    name: spec.name,
    ready: firstReady.promise,
    pid: () => ('child' in state ? state.child.pid : undefined),
    stop: () => {
      if (state.status === 'waiting') {
        clearTimeout(state.timer);
        finish();
      } else if (state.status === 'starting' || state.status === 'running') {
        const { child } = state;
        state = { status: 'stopping', child };
        child.kill('SIGTERM');
      }
      return ended.promise;
    },
    kill: () => {
      if ('child' in state) state.child.kill('SIGKILL');
    },
  };
}

/** Ends a service that does not become ready. Returns whether it had to. */
function endWhenLate(
  child: ChildProcess,
  ready: Promise<unknown>,
  { readyLimitMs }: ServiceSpec,
): () => boolean {
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, readyLimitMs);
  const inTime = () => clearTimeout(limit);
  ready.then(inTime, inTime);
  child.once('exit', inTime);
  return () => isLate;
}

/** How it ended, told after its last log lines were read. */
function endOf(child: ChildProcess): Promise<string> {
  const closed = new Promise((resolve) => child.once('close', resolve));
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      // A process that it left behind may hold the pipes open.
      const patience = sleep(LAST_LINES_MS, undefined, { ref: false });
      Promise.race([closed, patience]).then(() => resolve(how));
    });
  });
}

function spawnService({ name, mainPath, ...spec }: ServiceSpec): ChildProcess {
  const child = fork(mainPath, {
    env: { ...plainPart(spec.environment), [HANDOVER_VARIABLE]: 'launcher' },
    execArgv: [...process.execArgv, ...SERVICE_NODE_FLAGS],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C in the terminal reaches only us, who know the right order. When
    // we are gone without a word, the closed IPC channel tells the service to end.
    detached: true,
  });
  const message: EnvironmentMessage = { type: 'environment', variables: spec.environment };
  // It may have ended already; its exit says so.
  child.send(message, () => undefined);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) {
      createInterface({ input: stream }).on('line', (line) => spec.onLine(name, line));
    }
  }
  return child;
}

function startFailure(name: ServiceName, why: string): ZephyrError {
  return new ZephyrError('SERVICE_START', `the ${name} did not start: ${why}`, {
    advice: ['the lines above tell why'],
  });
}
