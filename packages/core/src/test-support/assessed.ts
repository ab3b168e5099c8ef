/** Real endpoint states, with scores set by the test. */
import { type Assessment, assess } from '../decide/assess/assessment.ts';
import type { Policy } from '../decide/policy.ts';
import type { Context } from '../decide/world/context.ts';
import type { World } from '../decide/world/world.ts';

/** Latencies in milliseconds; null: unknown. Endpoints not listed have a second. */
export type Latencies = Readonly<Record<string, number | null>>;

export function assessed(
  world: World,
  latencies: Latencies,
  { epochMs, policy }: Pick<Context<Policy>, 'epochMs' | 'policy'>,
): readonly Assessment[] {
  return assess(world, epochMs, policy).map((assessment): Assessment => {
    const latencyMs = latencies[assessment.endpoint.id];
    if (latencyMs === null) return { ...assessment, isFresh: false, score: { status: 'unknown' } };
    const scoreMs = latencyMs ?? 1_000;
    return {
      ...assessment,
      isFresh: true,
      score: {
        ...{ status: 'known', totalMs: scoreMs, latencyMs: scoreMs, liveMs: 0, failureMs: 0 },
        ...{ preferenceMs: 0, uncertaintyMs: 0, failureRatio: 0, samples: 9 },
        measuredAtMs: epochMs,
      },
    };
  });
}
