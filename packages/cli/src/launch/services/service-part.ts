/**
 * One service as a part of this process, next to the others. Each part runs in its own async context, so that
 * an uncaught error can be attributed to it: it stops as gracefully as it still can and is restarted, while
 * the others keep running.
 *
 *     starting --(started)--> running --(stop | kill | uncaught error)--> ending --(stopped)--> ended
 *     starting --(stop | kill | uncaught error)--> ending --(started and stopped | failed)--> ended
 *     starting --(failed)--> ended
 *     ending --(limit; not when it was asked to stop)--> ended
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Server } from 'node:net';

import { type Clock, systemClock } from '@zephyr/runtime/clock';
import { createLogger, type Logger } from '@zephyr/runtime/logger';
import {
  explainStart,
  openService,
  type RunningService,
  type StartFunction,
  type StopReason,
} from '@zephyr/runtime/service/service';

import { templatesOf } from '@zephyr/texts';
import type { ServiceSpec, StartedService, StartService } from './supervised-service.ts';

/** A crashed part may hang while stopping; what it still holds then leaks. */
const CRASH_TIMEOUT_MS = 10_000;

type PartState =
  | { readonly status: 'starting' | 'ending' | 'ended' }
  | { readonly status: 'running'; readonly service: RunningService };

const currentPart = new AsyncLocalStorage<ServicePart>();

/** @param load returns the service's start function; its modules are loaded only then */
export function startPartBy(
  load: () => Promise<StartFunction>,
  clock: Clock = systemClock,
): StartService {
  return (spec) => new ServicePart(spec, load, clock);
}

/**
 * Routes each uncaught error to the part that it came from, and any other to the caller.
 * @returns a function that stops watching
 */
export function watchUncaughtErrors(ofNoPart: (error: Error) => void): () => void {
  const take = (error: Error) => {
    const part = currentPart.getStore();
    if (part === undefined) ofNoPart(error);
    else part.fail(error);
  };
  process.on('uncaughtException', take);
  return () => process.off('uncaughtException', take);
}

class ServicePart implements StartedService {
  readonly #ready = Promise.withResolvers<number>();
  readonly #ended = Promise.withResolvers<string>();
  readonly #spec: ServiceSpec;
  readonly #log: Logger;
  readonly #clock: Clock;
  #state: PartState = { status: 'starting' };

  constructor(spec: ServiceSpec, load: () => Promise<StartFunction>, clock: Clock) {
    const { name, environment, onLine } = spec;
    this.#spec = spec;
    this.#clock = clock;
    this.#log = createLogger(name, environment['ZEPHYR_LOG_LEVEL'], {
      write: (line) => onLine(name, line.trimEnd()),
    });
    currentPart.run(this, () => {
      this.#start(load).catch((error: unknown) => this.#failToStart(error));
    });
  }

  get ready(): Promise<number> {
    return this.#ready.promise;
  }

  get listeners(): readonly Server[] {
    return this.#state.status === 'running' ? (this.#state.service.listeners ?? []) : [];
  }

  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  stop(): void {
    this.#end('asked', 'a request to stop');
  }

  kill(): void {
    this.#end('crashed', 'a request to end at once');
  }

  /** Handles an error that this part did not catch. */
  fail(error: Error): void {
    this.#log.fatal({ err: error }, 'uncaught exception');
    this.#end('crashed', 'an uncaught exception');
  }

  async #start(load: () => Promise<StartFunction>): Promise<void> {
    const { name, environment } = this.#spec;
    const service = await openService(name, await load(), {
      ...{ environment, log: this.#log, templatesOf },
    });
    if (this.#state.status !== 'starting') {
      // It was stopped meanwhile.
      await service.stop('crashed');
      return this.#finish('an end before it was ready');
    }
    this.#state = { status: 'running', service };
    this.#log.info({ port: service.port }, 'ready');
    this.#ready.resolve(service.port);
  }

  #failToStart(error: unknown): void {
    const { name, environment, onLine } = this.#spec;
    const lines = explainStart(error, { environment, templatesOf }).split('\n');
    for (const line of lines) onLine(name, line);
    this.#finish(lines[0] ?? '');
  }

  #end(why: StopReason, how: string): void {
    const state = this.#state;
    if (state.status !== 'starting' && state.status !== 'running') return;
    this.#state = { status: 'ending' };
    if (state.status === 'starting' || why === 'crashed') {
      const limit = this.#clock.setTimer(() => this.#finish(how), CRASH_TIMEOUT_MS);
      this.#ended.promise.then(() => this.#clock.clearTimer(limit));
    }
    if (state.status === 'running') {
      this.#log.info({ why: how }, 'stopping');
      currentPart.run(this, () => this.#stop(state.service, why)).then(() => this.#finish(how));
    }
  }

  async #stop(service: RunningService, why: StopReason): Promise<void> {
    try {
      await service.stop(why);
      this.#log.info('stopped');
    } catch (error) {
      this.#log.error({ err: error }, 'stopping failed');
    }
  }

  #finish(how: string): void {
    this.#state = { status: 'ended' };
    this.#ended.resolve(how);
  }
}
