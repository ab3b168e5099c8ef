/** Publishes routing snapshots like the leading controller, but without one. */
import type { Ramp, RoutingSnapshot } from '@zephyr/contract/route/snapshot';
import { endpointId, epochMs } from '@zephyr/core';
import { keys } from '@zephyr/runtime/redis/keys';
import type { Redis } from 'ioredis';

export interface SnapshotParts {
  /** The first one is active. */
  readonly order: readonly string[];
  readonly configHash: string;
  readonly version?: number;
  readonly decision?: number;
  readonly epoch?: number;
  readonly incarnation?: string;
  /** Session generations by endpoint. */
  readonly generations?: Readonly<Record<string, number>>;
  readonly ramp?: Ramp;
  /** Weights by endpoint. */
  readonly shares?: Readonly<Record<string, number>>;
  /** Recoveries by endpoint. */
  readonly recoveries?: Readonly<Record<string, number>>;
  readonly isOverloadedEverywhere?: boolean;
  /** `manual`: an operator chose the active endpoint. */
  readonly kind?: 'auto' | 'manual';
}

export function snapshotOf(parts: SnapshotParts): RoutingSnapshot {
  const order = parts.order.map(endpointId);
  const [activeId = endpointId('e1')] = order;
  const sinceAtMs = epochMs(Date.now());
  return {
    incarnation: parts.incarnation ?? 'first',
    epoch: parts.epoch ?? 1,
    version: parts.version ?? 1,
    ...(parts.decision === undefined ? {} : { decision: parts.decision }),
    configHash: parts.configHash,
    publishedAtMs: sinceAtMs,
    selection: { status: 'steady', activeId, reason: 'initial', sinceAtMs },
    mode: parts.kind === 'manual' ? { kind: 'manual', endpointId: activeId } : { kind: 'auto' },
    order,
    endpoints: Object.fromEntries(
      order.map((id) => [
        id,
        {
          health: 'healthy',
          enabled: true,
          available: true,
          scoreMs: 100,
          sessionGeneration: parts.generations?.[id] ?? 0,
          recoveries: parts.recoveries?.[id] ?? 0,
        },
      ]),
    ),
    ...(parts.ramp === undefined ? {} : { ramp: parts.ramp }),
    ...(parts.shares === undefined ? {} : { shares: sharesOf(parts.shares) }),
    isOverloadedEverywhere: parts.isOverloadedEverywhere ?? false,
  };
}

function sharesOf(weights: Readonly<Record<string, number>>): RoutingSnapshot['shares'] {
  return Object.entries(weights).map(([id, weight]) => ({ id: endpointId(id), weight }));
}

export async function publishSnapshot(
  redis: Redis,
  parts: SnapshotParts,
  hint: 'with hint' | 'silently' = 'with hint',
): Promise<void> {
  await redis.set(keys.snapshot, JSON.stringify(snapshotOf(parts)));
  if (hint === 'with hint') await redis.publish(keys.snapshotChanged, 'changed');
}
