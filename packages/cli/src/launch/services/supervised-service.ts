/**
 * Keeps one service running: starts it, watches it, restarts it after a crash, stops it.
 *
 *     first_start --(ready)--> running --(end)--> waiting --(back-off)--> starting
 *     first_start --(end, or not ready in time)--> ended
 *     starting    --(ready)--> running
 *     starting    --(end)--> waiting
 *     any --(stop)--> stopping --(end)--> ended
 */
import type { Server } from 'node:net';

import { type Clock, systemClock, type Timer } from '@zephyr/runtime/clock';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import type { ServiceName } from '@zephyr/runtime/service/service';

export interface ServiceSpec {
  readonly name: ServiceName;
  /** Its whole environment; secrets are not readable by other processes. */
  readonly environment: Record<string, string>;
  /** How long its first start may take. */
  readonly readyTimeoutMs: number;
  /** Called for each line of its log. */
  readonly onLine: (service: ServiceName, line: string) => void;
}

/** One run of a service. */
export interface StartedService {
  /** The port where it listens; never settles if it ends before it is ready. */
  readonly ready: Promise<number>;
  /** Listeners that a successor process may take over; empty unless it runs. */
  readonly listeners: readonly Server[];
  /** How it ended, such as `exit code 1`; settles after its last log line. */
  readonly ended: Promise<string>;
  /** Asks it to stop gracefully. */
  stop(): void;
  /** Kills it immediately. */
  kill(): void;
}

/** Starts a service as a part of this process (service-part.ts), or as its own process. */
export type StartService = (spec: ServiceSpec) => StartedService;

export interface SupervisedService {
  readonly name: ServiceName;
  /** The port where it listens. @throws ZephyrError `SERVICE_START` if the first start fails */
  readonly ready: Promise<number>;
  /** See `StartedService`. */
  listeners(): readonly Server[];
  /** Asks it to stop and waits for that. */
  stop(): Promise<void>;
  /** Kills it immediately; it is restarted unless it was asked to stop. */
  kill(): void;
}

/** Delay between a crash and the next start; doubles with each consecutive crash. */
const FIRST_BACK_OFF_MS = 500;
const MAX_BACK_OFF_MS = 10_000;
/** After running this long, a crash no longer counts as consecutive. */
const STEADY_MS = 60_000;

type ServiceState =
  | {
      readonly status: 'first_start' | 'starting' | 'running' | 'stopping';
      readonly service: StartedService;
    }
  | { readonly status: 'waiting'; readonly timer: Timer }
  | { readonly status: 'ended' };

export function superviseService(
  spec: ServiceSpec,
  startService: StartService,
  clock: Clock = systemClock,
): SupervisedService {
  const firstReady = Promise.withResolvers<number>();
  const ended = Promise.withResolvers<void>();
  let state: ServiceState = { status: 'ended' };
  let backOffMs = FIRST_BACK_OFF_MS;

  const finish = () => {
    state = { status: 'ended' };
    ended.resolve();
  };

  const start = (status: 'first_start' | 'starting') => {
    const startedAtMs = clock.nowMs();
    const service = startService(spec);
    state = { status, service };
    const isLate =
      status === 'first_start' ? killWhenLate(service, spec.readyTimeoutMs, clock) : () => false;
    service.ready.then((port) => {
      if (state.status !== status) return;
      state = { status: 'running', service };
      firstReady.resolve(port);
    });
    service.ended.then((how) => {
      if (state.status === 'stopping') return finish();
      if (state.status === 'first_start') {
        firstReady.reject(startFailure(spec, isLate() ? undefined : how));
        return finish();
      }
      if (clock.nowMs() - startedAtMs > STEADY_MS) backOffMs = FIRST_BACK_OFF_MS;
      spec.onLine(spec.name, `ended with ${how}; starting it again in ${backOffMs / 1000} s`);
      state = { status: 'waiting', timer: clock.setTimer(() => start('starting'), backOffMs) };
      backOffMs = Math.min(backOffMs * 2, MAX_BACK_OFF_MS);
    });
  };
  start('first_start');

  return {
    name: spec.name,
    ready: firstReady.promise,
    listeners: () => (state.status === 'running' ? state.service.listeners : []),
    stop: () => {
      if (state.status === 'waiting') {
        clock.clearTimer(state.timer);
        finish();
      } else if (state.status !== 'stopping' && state.status !== 'ended') {
        const { service } = state;
        state = { status: 'stopping', service };
        service.stop();
      }
      return ended.promise;
    },
    kill: () => {
      if ('service' in state) state.service.kill();
    },
  };
}

/** Kills a service that does not become ready. Returns whether it had to. */
function killWhenLate(service: StartedService, timeoutMs: number, clock: Clock): () => boolean {
  let isLate = false;
  const limit = clock.setTimer(() => {
    isLate = true;
    service.kill();
  }, timeoutMs);
  Promise.race([service.ready, service.ended]).then(() => clock.clearTimer(limit));
  return () => isLate;
}

/** @param how it ended; undefined if it was late */
function startFailure({ name, readyTimeoutMs }: ServiceSpec, how: string | undefined): ZephyrError {
  const why = how ?? phrase`not ready after ${readyTimeoutMs / 1000} s`;
  return new ZephyrError('SERVICE_START', phrase`the ${name} did not start: ${why}`, {
    advice: [phrase`see the lines above for the reason`],
  });
}
