/**
 * One controller leads, the others stand by.
 *
 *     standby --(got the lease)--> leading
 *     leading --(lost the lease | no renewal for 4 s | the work failed | stop)--> standby
 *
 * A stopped leader releases its lease.
 *
 * A leader stops acting a second before its lease can end, by its own monotonic clock. That only keeps
 * things orderly: two leaders are harmless because of the epoch, which Redis checks in each commit.
 */
import type { ApiState } from '@zephyr/contract/api/api-state';
import { type Clock, pause, pauseUntilNext } from '@zephyr/runtime/clock';
import { messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import {
  acquireLease,
  type HeldLease,
  LEASE_MS,
  releaseLease,
  renewLease,
} from '@zephyr/runtime/redis/lease-store';
import type { Redis } from 'ioredis';

import type { RedisClock } from './redis-clock.ts';

/** Each renewal wakes an idle controller and its Redis, and is written to the disk. */
export const RENEW_INTERVAL_MS = 2_000;
/** After a renewal without an answer. With the limit of a command, there is time for a second one. */
const RENEW_RETRY_MS = 200;
/** If the lease is not renewed for this long the leader stops acting: it may expire soon. */
const RENEW_TIMEOUT_MS = LEASE_MS - 1_000;
/** A standby requests the lease once a second, at a different moment than the others. */
const LEASE_POLL_MS = 1_000;
const LEASE_POLL_SPREAD_MS = 200;

/** From acquiring the lease to losing it. */
export interface Term {
  /** This controller. */
  readonly leaderId: string;
  readonly epoch: number;
  readonly incarnation: string;
  /** Aborted when the term ends; the leader must then return soon. */
  readonly signal: AbortSignal;
}

export type LeadershipState = ApiState['leadership'];

export interface LeadershipDeps {
  readonly redis: Redis;
  readonly instanceId: string;
  readonly clock: RedisClock;
  /** For pauses and deadlines. */
  readonly systemClock: Clock;
  /** In [0, 1). */
  readonly rng: () => number;
  readonly log: Logger;
  /** Leads until the signal aborts; throws or returns early if it cannot continue. */
  readonly lead: (term: Term) => Promise<void>;
  /** Called about once a second while another controller leads. */
  readonly standBy: () => Promise<void>;
  /** Receives each new state; the first one is `standby`. */
  readonly onState: (state: LeadershipState) => void;
}

export interface LeaderElection {
  /** Ends the term, waits for the work to return, then releases the lease. */
  stop(): Promise<void>;
}

export function startLeadership(deps: LeadershipDeps): LeaderElection {
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const asked = await askForLease(deps, stopping.signal);
      if (asked?.answer.status === 'held') {
        const { answer: lease, sentAtMs } = asked;
        deps.onState({ status: 'leading', epoch: lease.epoch, sinceAtMs: deps.clock.epochMs() });
        await serveTerm(deps, { lease, sentAtMs }, stopping.signal);
        deps.onState({ status: 'standby', leaderId: null });
      } else {
        deps.onState({ status: 'standby', leaderId: asked?.answer.holder ?? null });
        if (asked !== undefined) await deps.standBy();
      }
      const pauseMs = LEASE_POLL_MS + (2 * deps.rng() - 1) * LEASE_POLL_SPREAD_MS;
      await pause(deps.systemClock, pauseMs, stopping.signal);
    }
  };
  const running = run();

  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/**
 * Returns undefined if Redis does not answer, or if we were stopped meanwhile: that stop would not end a term
 * which begins after it.
 */
async function askForLease(deps: LeadershipDeps, stopSignal: AbortSignal) {
  const sentAtMs = deps.clock.nowMs();
  const answer = await acquireLease(deps.redis, deps.instanceId).catch(() => undefined);
  if (answer !== undefined) deps.clock.observe(answer.redisNowMs, sentAtMs);
  if (answer !== undefined && !stopSignal.aborted) return { answer, sentAtMs };
  if (answer?.status === 'held') await giveBack(deps);
  return undefined;
}

/** Leads and renews until the lease is lost, the work ends, or we are stopped. */
async function serveTerm(
  deps: LeadershipDeps,
  held: { readonly lease: HeldLease; readonly sentAtMs: number },
  stopSignal: AbortSignal,
): Promise<void> {
  const { epoch, incarnation } = held.lease;
  const ending = new AbortController();
  const end = (why: string) => ending.abort(why);
  const stop = () => end('stopped');
  stopSignal.addEventListener('abort', stop, { once: true });
  deps.log.info({ epoch, incarnation }, 'leading');

  const work = deps
    .lead({ leaderId: deps.instanceId, epoch, incarnation, signal: ending.signal })
    .catch((error: unknown) => {
      // The stop itself has interrupted the work: that is not a failure.
      if (stopSignal.aborted) return;
      deps.log.warn({ epoch, reason: messageOf(error) }, 'leading failed');
    })
    .finally(() => end('the work has ended'));
  await renewUntilLost(deps, { epoch, sentAtMs: held.sentAtMs }, ending);
  await work;
  stopSignal.removeEventListener('abort', stop);
  deps.log.info({ epoch, why: ending.signal.reason }, 'not leading any more');
  await giveBack(deps);
}

/** Releases our own lease only; has no effect once it is lost. */
async function giveBack({ redis, instanceId }: LeadershipDeps): Promise<void> {
  await releaseLease(redis, instanceId).catch(() => undefined);
}

async function renewUntilLost(
  deps: LeadershipDeps,
  held: { readonly epoch: number; readonly sentAtMs: number },
  ending: AbortController,
): Promise<void> {
  const { systemClock } = deps;
  const deadlineAfter = (sentAtMs: number) =>
    systemClock.setTimer(
      () => ending.abort('the lease was not renewed in time'),
      RENEW_TIMEOUT_MS - (deps.clock.nowMs() - sentAtMs),
    );
  let deadline = deadlineAfter(held.sentAtMs);
  await pauseUntilNext(systemClock, RENEW_INTERVAL_MS, ending.signal);
  while (!ending.signal.aborted) {
    const sentAtMs = deps.clock.nowMs();
    const renewal = await renewLease(deps.redis, { id: deps.instanceId, epoch: held.epoch })
      .then((renewed) => renewed ?? 'lost')
      .catch(() => 'unknown' as const);
    if (renewal === 'lost') {
      ending.abort('the lease was lost');
    } else if (renewal === 'unknown') {
      await pause(systemClock, RENEW_RETRY_MS, ending.signal);
    } else {
      deps.clock.observe(renewal.redisNowMs, sentAtMs);
      systemClock.clearTimer(deadline);
      deadline = deadlineAfter(sentAtMs);
      await pauseUntilNext(systemClock, RENEW_INTERVAL_MS, ending.signal);
    }
  }
  systemClock.clearTimer(deadline);
}
