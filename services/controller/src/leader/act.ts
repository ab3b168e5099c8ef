/**
 * The last step of a batch: brings the probe queue in line with the plan. This is outside the commit; if this
 * process dies first, `reconcile` does it again.
 */
import type { EpochMs } from '@zephyr/contract/scalars';
import { own } from '@zephyr/core';
import type { Logger } from '@zephyr/runtime/logger';

import type { Batch } from './decide.ts';
import type { LeaderState } from './leader-state.ts';
import type { RedisClock } from './redis-clock.ts';
import { isOutOfStep, overdueProbes, type Schedules } from './schedules.ts';

const RECONCILE_INTERVAL_MS = 30_000;

export interface PlannerDeps {
  readonly schedules: Schedules;
  readonly clock: RedisClock;
  readonly log: Logger;
}

export class ProbePlanner {
  readonly #deps: PlannerDeps;
  readonly #leadsSinceAtMs: EpochMs;
  #reconciledAtMs = Number.NEGATIVE_INFINITY;
  /** Ids of the endpoints whose probes were overdue at the last check. */
  #overdue = '';

  constructor(deps: PlannerDeps) {
    this.#deps = deps;
    this.#leadsSinceAtMs = deps.clock.epochMs();
  }

  /** Never throws: what Redis did not accept is done by the next `reconcile`, which then runs immediately. */
  async act(state: LeaderState, batch?: Batch): Promise<void> {
    if (batch !== undefined) await this.#perform(batch);
    const elapsedMs = this.#deps.clock.nowMs() - this.#reconciledAtMs;
    if (elapsedMs > RECONCILE_INTERVAL_MS) await this.#reconcile(state);
  }

  async #perform({ effects, before, reading }: Batch): Promise<void> {
    const { schedules, log } = this.#deps;
    try {
      for (const effect of effects) {
        if (effect.kind === 'set_probe') await schedules.set(effect.endpointId, effect.plan);
        if (effect.kind === 'probe_now') await schedules.probeNow(effect.endpointIds);
      }
      const { nextProbes } = reading;
      if (nextProbes === undefined || !isOutOfStep(before.probePlans, nextProbes)) return;
    } catch (error) {
      log.warn({ err: error }, 'planning probes failed');
    }
    this.#reconciledAtMs = Number.NEGATIVE_INFINITY;
  }

  async #reconcile(state: LeaderState): Promise<void> {
    try {
      await this.#deps.schedules.reconcile(state.world.probePlans);
      await this.#probeOverdue(state);
      this.#reconciledAtMs = this.#deps.clock.nowMs();
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'reconciling the probe schedules failed');
    }
  }

  /** At most one probe waits per endpoint, however long there is no prober. */
  async #probeOverdue({ world, statistics }: LeaderState): Promise<void> {
    const { schedules, clock, log } = this.#deps;
    const lastResultAtMs = (id: string) =>
      Math.max(own(statistics.probes, id)?.lastAtMs ?? 0, this.#leadsSinceAtMs);
    const ids = overdueProbes(world.probePlans, lastResultAtMs, clock.epochMs());
    const hasChanged = ids.join(' ') !== this.#overdue;
    this.#overdue = ids.join(' ');
    if (hasChanged && ids.length > 0) log.warn({ ids }, 'probes are overdue');
    if (hasChanged && ids.length === 0) log.info('probes are on time again');
    if (ids.length > 0) await schedules.probeNow(ids);
  }
}
