/** The punctuality of a running system, as its controller reports it. */

import { setTimeout as wait } from 'node:timers/promises';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { systemClock } from '@zephyr/runtime/clock';

import type { AdminClient } from '../../../admin/client.ts';
import type { TimedProbe } from './verdict.ts';

const SCHEDULE_POLL_MS = 500;

export interface WatchedSchedule {
  readonly client: Pick<AdminClient, 'state'>;
  readonly forMs: number;
  readonly onProbe: (probe: TimedProbe) => void;
  readonly signal: AbortSignal;
}

export interface Watched {
  readonly probes: readonly TimedProbe[];
  /** Probes due per endpoint, by the schedules that the controller published. */
  readonly due: ReadonlyMap<string, number>;
}

export async function watchSchedule(plan: WatchedSchedule): Promise<Watched> {
  const untilAtMs = systemClock.nowMs() + plan.forMs;
  const announced = new Map<string, Set<number>>();
  const lastAtMs = new Map<string, number>();
  const probes: TimedProbe[] = [];
  let sinceAtMs: number | undefined;
  while (systemClock.nowMs() < untilAtMs && !plan.signal.aborted) {
    const state = await plan.client.state().catch(() => undefined);
    // By the controller's clock, like everything else here.
    sinceAtMs ??= state?.atMs;
    for (const { name, probe } of state?.endpoints ?? []) {
      const moments = announced.get(name) ?? new Set();
      announced.set(name, moments);
      const timed = timedProbe(name, probe, {
        moments,
        before: lastAtMs.get(name),
        sinceAtMs,
      });
      if (timed !== undefined) {
        probes.push(timed);
        plan.onProbe(timed);
      }
      if (probe.last !== null) lastAtMs.set(name, probe.last.atMs);
      if (probe.nextAtMs !== null) moments.add(probe.nextAtMs);
    }
    await wait(SCHEDULE_POLL_MS, undefined, { signal: plan.signal }).catch(() => undefined);
  }
  const count = (name: string): number => probes.filter(({ endpoint }) => endpoint === name).length;
  // A withdrawn time (interval change, pause) was never due.
  return { probes, due: new Map([...announced.keys()].map((name) => [name, count(name)])) };
}

/**
 * The probe that ended since the last poll, with the announced time nearest to its start. Skips one already
 * running at the first poll, whose due time is unknown.
 */
function timedProbe(
  endpoint: string,
  { last }: ApiState['endpoints'][number]['probe'],
  known: {
    readonly moments: ReadonlySet<number>;
    readonly before: number | undefined;
    readonly sinceAtMs: number | undefined;
  },
): TimedProbe | undefined {
  if (last === null || known.before === undefined || last.atMs === known.before) return undefined;
  const startedAtMs = last.atMs;
  if (known.sinceAtMs === undefined || startedAtMs < known.sinceAtMs) return undefined;
  const [nearest] = [...known.moments].sort(
    (left, right) => Math.abs(left - startedAtMs) - Math.abs(right - startedAtMs),
  );
  return nearest === undefined ? undefined : { endpoint, plannedAtMs: nearest, startedAtMs };
}
