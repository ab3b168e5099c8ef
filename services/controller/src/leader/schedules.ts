/**
 * The leader's side of the probe queue: one BullMQ job scheduler per endpoint to probe. The target is the
 * core's `probePlans`; the queue may hold anything, because Redis may have lost its data or an earlier leader
 * may have died half-way, so `reconcile` compares the two.
 */

import type { ProbeJob, ProbePlan } from '@zephyr/contract/probe/probe';
import type { EndpointId } from '@zephyr/contract/scalars';
import type { Clock } from '@zephyr/runtime/clock';
import { messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { PROBE_JOB, PROBE_JOB_OPTIONS } from '@zephyr/runtime/queue/probe-jobs';
import { openProbeQueue } from '@zephyr/runtime/queue/probe-queue';
import type { RedisTarget } from '@zephyr/runtime/redis/client';
import type { JobSchedulerJson } from 'bullmq';

export type ProbePlans = Readonly<Record<string, ProbePlan>>;

/** By endpoint id, by the clock of the controller that scheduled it. */
export type NextProbes = ReadonlyMap<string, number>;

/** Newly planned endpoints are first probed within about this time, not all at once. */
const FIRST_PROBE_SPREAD_MS = 2_000;
/**
 * A tick that is already due when Redis receives it immediately becomes a waiting job, and stays if its
 * scheduler is removed: one probe too many.
 */
const MIN_TICK_DELAY_MS = 250;
/** A tick later than this is lost: no prober runs, or the job is gone. */
const LATE_AFTER_MS = 10_000;

export interface Schedules {
  /** Brings one endpoint's scheduler in line with its plan. */
  set(endpointId: EndpointId, plan: ProbePlan): Promise<void>;
  /** Adds missing schedulers, updates changed ones, removes unplanned ones. */
  reconcile(plans: ProbePlans): Promise<void>;
  /** Queues one probe per endpoint, unless one is already waiting for it. */
  probeNow(endpointIds: readonly EndpointId[]): Promise<void>;
  /** When each endpoint's next probe is due; undefined if the queue does not answer. */
  nextAtMs(): Promise<NextProbes | undefined>;
  close(): Promise<void>;
}

export interface SchedulesDeps {
  readonly target: RedisTarget;
  readonly log: Logger;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly rng: () => number;
}

/** Redis must be reachable: call it just after acquiring the lease. */
export function openSchedules({ target, log, clock, rng }: SchedulesDeps): Schedules {
  const { queue, close } = openProbeQueue(target, (error) =>
    log.debug({ reason: messageOf(error) }, 'probe queue error'),
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
    const now = { epochMs: clock.epochMs(), random: rng() };
    const startDate = firstTickAtMs(there, plan.intervalMs, now);
    await queue.upsertJobScheduler(
      endpointId,
      { every: plan.intervalMs, startDate },
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
          { ...PROBE_JOB_OPTIONS, lifo: true, deduplication: { id: `probe-now-${endpointId}` } },
        );
      }
    },
    nextAtMs: async () => {
      // Omits the schedulers themselves, which `reconcile` compares.
      const flat = await queue.backend.getJobSchedulersRange(0, -1, true).catch(() => undefined);
      if (flat === undefined) return undefined;
      return new Map(
        flat.flatMap((id, at) => (at % 2 === 0 ? [[id, Number(flat[at + 1])] as const] : [])),
      );
    },
    close,
  };
}

/** Whether a planned scheduler is missing, because Redis lost it, or an unplanned one exists. */
export function isOutOfStep(plans: ProbePlans, next: NextProbes): boolean {
  const planned = Object.keys(plans).filter((id) => plans[id]?.status === 'scheduled');
  return planned.length !== next.size || planned.some((id) => !next.has(id));
}

/**
 * Endpoints without a result for two intervals although probes are planned: the clock of the controller that
 * scheduled them was ahead, or a job was lost. Detected by results, so that only Redis' clock matters.
 */
export function overdueProbes(
  plans: ProbePlans,
  lastResultAtMs: (id: string) => number,
  epochMs: number,
): readonly EndpointId[] {
  return Object.entries(plans).flatMap(([id, plan]) => {
    if (plan.status === 'off') return [];
    const isOverdue = epochMs - lastResultAtMs(id) > 2 * plan.intervalMs + LATE_AFTER_MS;
    return isOverdue ? [id as EndpointId] : [];
  });
}

type Scheduled = Extract<ProbePlan, { status: 'scheduled' }>;

function isAsPlanned(there: JobSchedulerJson<ProbeJob>, plan: Scheduled, epochMs: number): boolean {
  const isLate = epochMs - (there.next ?? 0) > plan.intervalMs + LATE_AFTER_MS;
  const { spending, wants } = orderOf(plan);
  const data = there.template?.data;
  return (
    !isLate &&
    there.every === plan.intervalMs &&
    data?.spending === spending &&
    data.wants === wants
  );
}

/** The plan's instructions for the prober. */
function orderOf({ spending, wants }: Scheduled): Pick<ProbeJob, 'spending' | 'wants'> {
  return { spending, wants };
}

/**
 * A changed interval counts from the last tick, so that repeated changes do not postpone a probe.
 *
 * @param now.random in [0, 1)
 */
export function firstTickAtMs(
  there: Pick<JobSchedulerJson<ProbeJob>, 'next' | 'every'> | undefined,
  intervalMs: number,
  { epochMs, random }: { readonly epochMs: number; readonly random: number },
): number {
  const spreadMs = Math.floor(random * Math.min(FIRST_PROBE_SPREAD_MS, intervalMs / 10));
  const soonestAtMs = epochMs + MIN_TICK_DELAY_MS + spreadMs;
  if (there?.next === undefined || there.every === undefined) return soonestAtMs;
  return Math.max(soonestAtMs, there.next - there.every + intervalMs);
}
