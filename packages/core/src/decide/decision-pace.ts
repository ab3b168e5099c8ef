import type { ProbePace } from '@zephyr/contract/probe/probe';
import type { EpochMs } from '@zephyr/contract/scalars';
import { freezeOf } from './switch/switch-veto.ts';
import { totalActiveRequests } from './world/presence.ts';
import type { World } from './world/world.ts';

/** Time without a request; longer than the pauses in a person's work. */
export const IDLE_AFTER_MS = 10_000;
/**
 * How often an idle leader decides, and an idle proxy reads Redis. Below `presence.ttlMs` of the policy: otherwise
 * proxies would be forgotten in between.
 */
export const IDLE_INTERVAL_MS = 4_000;
/** Paces at which a decision depends on the next result. */
const URGENT: ReadonlySet<ProbePace> = new Set(['verifying', 'comparing', 'deciding']);

/**
 * Whether nothing will change in the next seconds through time alone: no requests for a while, no switch
 * is near, no endpoint is ejected, no probe is urgent. A leader may then decide less often.
 */
export function isSystemIdle(world: World, epochMs: EpochMs): boolean {
  const { switching, proxies } = world;
  return (
    epochMs - world.lastBusyAtMs > IDLE_AFTER_MS &&
    totalActiveRequests(proxies) === 0 &&
    proxies.every(
      ({ status, ejections }) => status === 'serving' && Object.keys(ejections).length === 0,
    ) &&
    world.selection.status === 'steady' &&
    switching.phase.status === 'settled' &&
    switching.lead.status === 'none' &&
    freezeOf(world).status === 'none' &&
    switching.ramp.status === 'none' &&
    Object.values(world.probePlans).every((plan) => plan.status === 'off' || !URGENT.has(plan.why))
  );
}
