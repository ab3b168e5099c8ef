import type { Ramp, SnapshotContent, SnapshotEndpoint } from '@zephyr/contract/route/snapshot';
import type { EndpointId } from '@zephyr/contract/scalars';

import type { RampPolicy } from '../route/switch-ramp.ts';
import { type Assessment, byRank, unlikelihood } from './assess/assessment.ts';
import { type SharingTables, sharesOf } from './switch/load-sharing.ts';
import { type Context, type Step, stay } from './world/context.ts';
import type { EndpointState, World } from './world/world.ts';

/** `publishing` of the policy. */
export interface PublishingPolicy {
  /** Minimum time between two snapshots that differ only in their scores. */
  readonly scoreIntervalMs: number;
}

export const PUBLISHING_NUMBERS: PublishingPolicy = { scoreIntervalMs: 5_000 };

/** The tables of the policy that the snapshot depends on. */
interface SnapshotTables extends SharingTables {
  readonly switching: SharingTables['switching'] & RampPolicy;
  readonly publishing: PublishingPolicy;
}

/** The content of the snapshot that proxies should now route by. */
export function snapshotContent(
  world: World,
  assessments: readonly Assessment[],
  context: Context<SnapshotTables>,
): SnapshotContent {
  const ramp = rampOf(world, assessments, context);
  const shares = sharesOf(world, assessments, context);
  return {
    selection: world.selection,
    mode: world.wishes.mode,
    order: orderOf(world, assessments),
    endpoints: Object.fromEntries(
      assessments.map((assessment, index) => [
        assessment.endpoint.id,
        viewOf(assessment, world.endpoints[index] ?? assessment.endpoint),
      ]),
    ),
    ...(ramp === undefined ? {} : { ramp }),
    ...(shares.length === 0 ? {} : { shares }),
    isOverloadedEverywhere: world.isOverloadedEverywhere,
  };
}

/**
 * The active endpoint first, then the fallbacks, best first, without disabled ones. If none is
 * available, the active one is first only among those equally likely to answer.
 */
function orderOf(world: World, assessments: readonly Assessment[]): readonly EndpointId[] {
  const { activeId } = world.selection;
  const isActive = ({ endpoint }: Assessment) => endpoint.id === activeId;
  return assessments
    .filter(({ unavailable }) => !unavailable.includes('disabled'))
    .toSorted(
      (a, b) => unlikelihood(a) - unlikelihood(b) || +isActive(b) - +isActive(a) || byRank(a, b),
    )
    .map(({ endpoint }) => endpoint.id);
}

function viewOf(
  { unavailable, isAvailable, score }: Assessment,
  endpoint: EndpointState,
): SnapshotEndpoint {
  return {
    health: endpoint.health.status,
    enabled: !unavailable.includes('disabled'),
    available: isAvailable,
    ...(score.status === 'known' ? { scoreMs: Math.round(score.totalMs) } : {}),
    sessionGeneration: endpoint.sessionGeneration,
    recoveries: endpoint.recovery.count,
  };
}

function rampOf(
  world: World,
  assessments: readonly Assessment[],
  context: Context<SnapshotTables>,
): Ramp | undefined {
  const { ramp } = world.switching;
  if (ramp.status === 'none') return undefined;
  const from = assessments.find(({ endpoint }) => endpoint.id === ramp.fromId);
  const { rampMs: durationMs, rampStartShare: startShare } = context.policy.switching;
  const elapsedMs = context.epochMs - ramp.startedAtMs;
  if (from?.isAvailable !== true || elapsedMs >= durationMs) return undefined;
  return { fromId: ramp.fromId, startShare, durationMs, elapsedMs };
}

/** Publishes routing changes immediately, and changed scores at most every `scoreIntervalMs`. */
export function stepSnapshot(
  world: World,
  assessments: readonly Assessment[],
  context: Context<SnapshotTables>,
): Step {
  const content = snapshotContent(world, assessments, context);
  const { published } = world;
  if (published.status === 'published') {
    const isRouteSame = routeOf(content) === routeOf(published.content);
    const isRecent =
      context.epochMs - published.atMs < context.policy.publishing.scoreIntervalMs ||
      JSON.stringify(content) === JSON.stringify(published.content);
    if (isRouteSame && isRecent) return stay(world);
  }
  return {
    next: { ...world, published: { status: 'published', atMs: context.epochMs, content } },
    effects: [{ kind: 'publish', content }],
  };
}

/** The part of the content that affects routing. */
function routeOf({ endpoints, ramp, ...rest }: SnapshotContent): string {
  const views = Object.entries(endpoints).map(([id, { scoreMs: _, ...view }]) => [id, view]);
  return JSON.stringify([rest, views, ramp?.fromId]);
}
