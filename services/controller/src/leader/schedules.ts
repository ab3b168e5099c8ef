/**
 * The leading controller's side of the probe queue: one BullMQ job scheduler per endpoint that is
 * to be probed. What is wanted is the core's `probePlans`; what is there may be anything, for
 * Redis may have lost its data or an earlier leader may have died half-way: `reconcile` compares.
 */

import { randomInt } from 'node:crypto';

import type { ProbeJob, ProbePlan } from '@zephyr/contract/probe';
import type { EndpointId } from '@zephyr/contract/scalars';
import type { Clock } from '@zephyr/runtime/clock';
import { messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { PROBE_JOB, PROBE_JOB_OPTIONS } from '@zephyr/runtime/probe-jobs';
import { openProbeQueue } from '@zephyr/runtime/probe-queue';
import type { RedisTarget } from '@zephyr/runtime/redis/client';
import type { JobSchedulerJson } from 'bullmq';

export type ProbePlans = Readonly<Record<string, ProbePlan>>;

/** By endpoint id, by the clock of whoever planned it. */
export type NextProbes = ReadonlyMap<string, number>;

/** Newly planned endpoints are first probed within about this time, not all at the same moment. */
const FIRST_PROBE_SPREAD_MS = 2_000;
/**
 * A tick that is already due when Redis receives it becomes a waiting job at once, and stays when its
 * scheduler is removed: one probe too many.
 */
const SOONEST_TICK_MS = 250;
/** A tick that is late by more than this is lost: no prober runs, or the job is gone. */
const LATE_AFTER_MS = 10_000;

export interface Schedules {
  /** Makes one endpoint's scheduler as planned. */
  set(endpointId: EndpointId, plan: ProbePlan): Promise<void>;
  /** Adds what is missing, changes what is different, removes what nobody wants. */
  reconcile(plans: ProbePlans): Promise<void>;
  /** Queues one probe for each; an endpoint that already waits for one gets no second. */
  probeNow(endpointIds: readonly EndpointId[]): Promise<void>;
  /** When each endpoint is to be probed next; undefined where the queue does not answer. */
  nextAtMs(): Promise<NextProbes | undefined>;
  close(): Promise<void>;
}

export interface SchedulesDeps {
  readonly target: RedisTarget;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Redis must be reachable: call it when the lease has just been taken. */
export function openSchedules({ target, log, clock }: SchedulesDeps): Schedules {
  const { queue, close } = openProbeQueue(target, (error) =>
    log.debug({ reason: messageOf(error) }, 'probe queue trouble'),
  );

  const put = async (
    endpointId: EndpointId,
    plan: ProbePlan,
    there: JobSchedulerJson<ProbeJob> | undefined,
  ): Promise<void> => {
    if (plan.status === 'off') {
      if (there !== undefined) await queue.removeJobScheduler(endpointId);
      return;
    }
    if (there !== undefined && isAsPlanned(there, plan, clock.epochMs())) return;
    await queue.upsertJobScheduler(
      endpointId,
      { every: plan.intervalMs, startDate: firstTickAtMs(there, plan.intervalMs, clock.epochMs()) },
      {
        name: PROBE_JOB,
        data: { endpointId, trigger: 'schedule', ...orderOf(plan) },
        opts: PROBE_JOB_OPTIONS,
      },
    );
  };

  return {
    set: async (endpointId, plan) => put(endpointId, plan, await queue.getJobScheduler(endpointId)),
    reconcile: async (plans) => {
      const there = new Map((await queue.getJobSchedulers()).map((json) => [json.key, json]));
      for (const [id, plan] of Object.entries(plans)) {
        await put(id as EndpointId, plan, there.get(id));
        there.delete(id);
      }
      for (const stranger of there.keys()) await queue.removeJobScheduler(stranger);
    },
    probeNow: async (endpointIds) => {
      for (const endpointId of endpointIds) {
        await queue.add(
          PROBE_JOB,
          { endpointId, trigger: 'request', spending: 'normal', wants: 'real' },
          { ...PROBE_JOB_OPTIONS, lifo: true, deduplication: { id: `refresh-${endpointId}` } },
        );
      }
    },
    nextAtMs: async () => {
      // Without the schedulers themselves, which `reconcile` compares.
      const flat = await queue.backend.getJobSchedulersRange(0, -1, true).catch(() => undefined);
      if (flat === undefined) return undefined;
      return new Map(
        flat.flatMap((id, at) => (at % 2 === 0 ? [[id, Number(flat[at + 1])] as const] : [])),
      );
    },
    close,
  };
}

/** Whether a scheduler is missing, because Redis lost it, or is there for nothing that is planned. */
export function isOutOfStep(plans: ProbePlans, next: NextProbes): boolean {
  const planned = Object.keys(plans).filter((id) => plans[id]?.status === 'scheduled');
  return planned.length !== next.size || planned.some((id) => !next.has(id));
}

/**
 * Endpoints without a result for two intervals although probes are planned: the clock of whoever
 * planned them was ahead, or a job was lost. Found by results, so that only the clock of Redis matters.
 */
export function overdueProbes(
  plans: ProbePlans,
  lastResultAtMs: (id: string) => number,
  nowMs: number,
): readonly EndpointId[] {
  return Object.entries(plans).flatMap(([id, plan]) => {
    if (plan.status === 'off') return [];
    const isOverdue = nowMs - lastResultAtMs(id) > 2 * plan.intervalMs + LATE_AFTER_MS;
    return isOverdue ? [id as EndpointId] : [];
  });
}

type Scheduled = Extract<ProbePlan, { status: 'scheduled' }>;

function isAsPlanned(there: JobSchedulerJson<ProbeJob>, plan: Scheduled, nowMs: number): boolean {
  const late = nowMs - (there.next ?? 0) > plan.intervalMs + LATE_AFTER_MS;
  const { spending, wants } = orderOf(plan);
  const data = there.template?.data;
  return (
    !late && there.every === plan.intervalMs && data?.spending === spending && data.wants === wants
  );
}

/** What the plan asks of the prober. */
function orderOf({ spending, wants }: Scheduled): Pick<ProbeJob, 'spending' | 'wants'> {
  return { spending, wants };
}

/** A changed interval counts from the last tick, so that many changes do not put a probe off. */
function firstTickAtMs(
  there: JobSchedulerJson<ProbeJob> | undefined,
  intervalMs: number,
  nowMs: number,
): number {
  const spreadMs = randomInt(Math.ceil(Math.min(FIRST_PROBE_SPREAD_MS, intervalMs / 10)));
  const soonestMs = nowMs + SOONEST_TICK_MS + spreadMs;
  if (there?.next === undefined || there.every === undefined) return soonestMs;
  return Math.max(soonestMs, there.next - there.every + intervalMs);
}
