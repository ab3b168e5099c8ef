/**
 * A launched system whose services may move into another process: see succession.ts.
 *
 *     own --(replace)--> starting next --(ready)--> next, the former ends meanwhile
 *                                      --(not ready)--> as before
 */
import { explain } from '@zephyr/runtime/errors';
import { VERSION } from '@zephyr/runtime/version';

import type { LaunchedSystem } from './launcher.ts';
import {
  closeSockets,
  type NextProcess,
  type NextProcessPlan,
  type Sockets,
  startNextProcess,
} from './next-process.ts';
import type { RunningRecord } from './running-record.ts';

export interface ReplaceableSystem extends LaunchedSystem {
  /** Starts the next process, and ends the former one in good order. One at a time. */
  replace(): Promise<void>;
}

export interface ReplaceablePlan extends Omit<NextProcessPlan, 'redisUrl'> {
  /** Says who serves. */
  readonly record: (record: Omit<RunningRecord, 'pid'>) => void;
}

type Serving =
  | { readonly kind: 'own' }
  | { readonly kind: 'next'; readonly next: NextProcess }
  | { readonly kind: 'ending' };

export function replaceable(system: LaunchedSystem, plan: ReplaceablePlan): ReplaceableSystem {
  const fault = Promise.withResolvers<Error>();
  const former: { readonly next?: NextProcess; readonly ended: Promise<unknown> }[] = [];
  let serving: Serving = { kind: 'own' };
  let isReplacing = false;
  let attempts = 0;
  const record = (problem: string | null) => {
    const { pid, version } =
      serving.kind === 'next' ? serving.next : { pid: process.pid, version: VERSION };
    plan.record({ servingPid: pid, version, attempts, problem });
  };
  record(null);

  const socketsOf = async (): Promise<Sockets> => {
    if (serving.kind === 'next') return await serving.next.sockets();
    const { proxy, controller, prober } = system.services;
    return {
      ...{ proxy: proxy.listeners(), controller: controller.listeners() },
      prober: prober.listeners(),
    };
  };
  const retire = (left: Serving) => {
    if (left.kind === 'own') former.push({ ended: system.retire() });
    if (left.kind === 'next') {
      left.next.stop();
      former.push({ next: left.next, ended: left.next.ended });
    }
  };
  const watch = (next: NextProcess) => {
    next.ended.then((how) => {
      if (serving.kind !== 'next' || serving.next !== next) return;
      fault.resolve(new Error(`the process that serves ended with ${how}`));
    });
  };
  const startNext = async () => {
    const sockets = await socketsOf();
    try {
      return await startNextProcess(sockets, { ...plan, redisUrl: system.redisUrl });
    } finally {
      closeSockets(sockets);
    }
  };

  return {
    ...system,
    fault: Promise.race([system.fault, fault.promise]),
    replace: async () => {
      if (isReplacing || serving.kind === 'ending') return;
      isReplacing = true;
      attempts += 1;
      let problem: string | null = null;
      try {
        const next = await startNext();
        const left = serving as Serving;
        if (left.kind === 'ending') return next.stop();
        serving = { kind: 'next', next };
        watch(next);
        retire(left);
      } catch (error) {
        problem = explain(error);
        plan.print(problem);
      } finally {
        isReplacing = false;
        record(problem);
      }
    },
    stop: async () => {
      retire(serving);
      serving = { kind: 'ending' };
      await Promise.all(former.map(({ ended }) => ended));
      await system.stop();
    },
    abandon: async () => {
      if (serving.kind === 'next') serving.next.kill();
      for (const { next } of former) next?.kill();
      await system.abandon();
    },
  };
}
