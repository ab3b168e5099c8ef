/**
 * A launched system whose services may move into another process: see succession.ts.
 *
 *     own --(replace)--> starting next --(ready)--> next, while the old one ends
 *                                      --(not ready)--> as before
 */
import { explain } from '@zephyr/runtime/errors';
import { VERSION } from '@zephyr/runtime/version';

import type { LaunchedSystem } from '../launcher.ts';
import {
  closeSockets,
  type NextProcess,
  type NextProcessPlan,
  type Sockets,
  startNextProcess,
} from './next-process.ts';
import type { RunningRecord } from './running-record.ts';

export interface ReplaceableSystem extends LaunchedSystem {
  /** Starts the next process, then stops the old one gracefully. One at a time. */
  replace(): Promise<void>;
}

export interface ReplaceablePlan extends Omit<NextProcessPlan, 'redisUrl'> {
  /** Records who serves. */
  readonly record: (record: Omit<RunningRecord, 'pid'>) => void;
}

type ServingProcess =
  | { readonly status: 'own' | 'ending' }
  | { readonly status: 'next'; readonly next: NextProcess };

export function replaceable(system: LaunchedSystem, plan: ReplaceablePlan): ReplaceableSystem {
  const replacement = new Replacement(system, plan);
  return {
    ...system,
    fault: Promise.race([system.fault, replacement.fault]),
    replace: () => replacement.replace(),
    stop: () => replacement.stop(),
    abandon: () => replacement.abandon(),
  };
}

interface FormerProcess {
  readonly next?: NextProcess;
  readonly ended: Promise<unknown>;
}

class Replacement {
  readonly #system: LaunchedSystem;
  readonly #plan: ReplaceablePlan;
  readonly #fault = Promise.withResolvers<Error>();
  readonly #former: FormerProcess[] = [];
  #serving: ServingProcess = { status: 'own' };
  readonly #stopping = new AbortController();
  #replacing: Promise<void> | undefined;
  #attempts = 0;

  constructor(system: LaunchedSystem, plan: ReplaceablePlan) {
    this.#system = system;
    this.#plan = plan;
    this.#record(null);
  }

  /** Settles when the serving process ends by itself. */
  get fault(): Promise<Error> {
    return this.#fault.promise;
  }

  /** Calls during a replacement have no effect. */
  async replace(): Promise<void> {
    if (this.#replacing !== undefined || this.#serving.status === 'ending') return;
    this.#replacing = this.#replace().finally(() => {
      this.#replacing = undefined;
    });
    await this.#replacing;
  }

  async #replace(): Promise<void> {
    this.#attempts += 1;
    let problem: string | null = null;
    try {
      this.#moveTo(await this.#startNext());
    } catch (error) {
      problem = explain(error);
      this.#plan.print(problem);
    } finally {
      this.#record(problem);
    }
  }

  async stop(): Promise<void> {
    // Its own services stop in order: the proxy first, while the others still run.
    if (this.#serving.status === 'next') this.#retire(this.#serving);
    this.#serving = { status: 'ending' };
    this.#stopping.abort();
    await Promise.allSettled([this.#replacing]);
    await Promise.all(this.#former.map(({ ended }) => ended));
    await this.#system.stop();
  }

  async abandon(): Promise<void> {
    this.#stopping.abort();
    for (const { next } of this.#former) next?.kill();
    await this.#system.abandon();
  }

  async #startNext(): Promise<NextProcess> {
    const sockets = await this.#sockets();
    try {
      const plan = { ...this.#plan, redisUrl: this.#system.redisUrl };
      return await startNextProcess(sockets, plan, this.#stopping.signal);
    } finally {
      closeSockets(sockets);
    }
  }

  async #sockets(): Promise<Sockets> {
    if (this.#serving.status === 'next') return await this.#serving.next.sockets();
    const { proxy, controller, prober } = this.#system.services;
    return {
      ...{ proxy: proxy.listeners(), controller: controller.listeners() },
      prober: prober.listeners(),
    };
  }

  #moveTo(next: NextProcess): void {
    const left = this.#serving;
    // A stop was requested meanwhile.
    if (left.status === 'ending') {
      this.#retire({ status: 'next', next });
      return;
    }
    this.#serving = { status: 'next', next };
    next.ended.then((how) => {
      if (this.#serving.status !== 'next' || this.#serving.next !== next) return;
      this.#fault.resolve(new Error(`the process that serves ended with ${how}`));
    });
    this.#retire(left);
  }

  #retire(left: ServingProcess): void {
    if (left.status === 'own') this.#former.push({ ended: this.#system.retire() });
    if (left.status !== 'next') return;
    left.next.stop();
    this.#former.push({ next: left.next, ended: left.next.ended });
  }

  #record(problem: string | null): void {
    const serving = this.#serving;
    const { pid, version } =
      serving.status === 'next' ? serving.next : { pid: process.pid, version: VERSION };
    this.#plan.record({ servingPid: pid, version, attempts: this.#attempts, problem });
  }
}
