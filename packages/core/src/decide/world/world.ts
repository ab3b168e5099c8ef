import type { OperatorWishes } from '@zephyr/contract/operate/operator-command';
import type { ProbePlan } from '@zephyr/contract/probe/probe';
import type { ReasonCode, Selection } from '@zephyr/contract/route/selection';
import type { SnapshotContent } from '@zephyr/contract/route/snapshot';
import type { EndpointId, EpochMs } from '@zephyr/contract/scalars';

import type { Health, TokenAccess } from '../../learn/health.ts';
import { UNKNOWN_HEALTH, UNKNOWN_TOKEN_ACCESS } from '../../learn/health.ts';
import { type ClassLevels, NO_LIVE_TIMES } from '../../learn/live-excess.ts';
import { type LiveRecord, NO_LIVE_RECORD } from '../../learn/live-success.ts';
import type { OverloadRecord } from '../../learn/overload-everywhere.ts';
import { NO_PROBE_LATENCY, styleOffsetOf } from '../../learn/probe-latency.ts';
import { NO_RATE_LIMITS, type RateLimits } from '../../learn/rate-limit-headroom.ts';
import { NO_RELIABILITY } from '../../learn/reliability.ts';
import type { Tracks } from '../../learn/score.ts';
import { own } from '../../own-property.ts';
import type { BudgetDay } from '../../probe/budget-day.ts';
import { NO_PROBE_RECORD, type ProbeRecord } from '../../probe/cli-or-direct.ts';
import { NO_RECOVERY, type Recovery } from './ejection-recovery.ts';
import type { EndpointSetting, GroupSetting } from './inputs.ts';
import type { Presences } from './presence.ts';

/** What is known about one endpoint. Health, token, ejection and enabled are independent. */
export interface EndpointState extends EndpointSetting, Tracks {
  readonly health: Health;
  readonly tokenAccess: TokenAccess;
  readonly probes: ProbeRecord;
  readonly rateLimits: RateLimits;
  readonly live: LiveRecord;
  readonly overload: OverloadRecord;
  /** Sequence of the newest probe that counted; null before the first. */
  readonly probeSequence: number | null;
  /** Rises with each probe and each report of failures, which can confirm or end a lead. */
  readonly evidence: number;
  readonly sessionGeneration: number;
  readonly recovery: Recovery;
  /** When its URL or token last changed, or a new leader found it broken; null: never. */
  readonly changedAtMs: EpochMs | null;
}

/** A group's settings, and the cost of its probes today. */
export type GroupState = GroupSetting & BudgetDay;

/** The endpoint that is faster than the active one, and how often new evidence has confirmed it. */
export type Lead =
  | { readonly status: 'none' }
  | {
      readonly status: 'ahead';
      readonly challengerId: EndpointId;
      readonly confirmations: number;
      /** Evidence of both endpoints at the last confirmation. */
      readonly evidence: number;
    };

/** `settling`: just started; the first good choice is made without waiting. */
export type SwitchingPhase =
  | { readonly status: 'settling'; readonly sinceAtMs: EpochMs }
  | { readonly status: 'settled' };

/** Whether too many automatic switches have frozen latency switches. */
export type Flapping =
  | { readonly status: 'none' }
  | { readonly status: 'flapping'; readonly untilAtMs: EpochMs };

export interface Switching {
  readonly phase: SwitchingPhase;
  readonly lead: Lead;
  readonly flapping: Flapping;
  /** The last switch that took effect, of any kind. */
  readonly switchedAtMs: EpochMs | null;
  /** Automatic switches within the flap window, oldest first. */
  readonly recentAtMs: readonly EpochMs[];
  readonly failureSwitchAtMs: EpochMs | null;
  readonly ramp: RampState;
  /** Since when and why the active endpoint is active, even while a switch is pending. */
  readonly standing: { readonly reason: ReasonCode; readonly sinceAtMs: EpochMs };
}

export type RampState =
  | { readonly status: 'none' }
  | { readonly status: 'ramping'; readonly fromId: EndpointId; readonly startedAtMs: EpochMs };

/** The last published snapshot content. */
export type Published =
  | { readonly status: 'never' }
  | { readonly status: 'published'; readonly atMs: EpochMs; readonly content: SnapshotContent };

/** The whole state of the decision core: plain JSON, never mutated, only replaced. */
export interface World {
  readonly wishes: OperatorWishes;
  readonly groups: Readonly<Record<string, GroupState>>;
  /** In order of preference. */
  readonly endpoints: readonly EndpointState[];
  readonly proxies: Presences;
  readonly selection: Selection;
  readonly switching: Switching;
  /** The usual time of each request class, over all endpoints. */
  readonly liveLevels: ClassLevels;
  /** Whether the model is overloaded on most endpoints. */
  readonly isOverloadedEverywhere: boolean;
  /** When there was last an active request. */
  readonly lastBusyAtMs: EpochMs;
  readonly probePlans: Readonly<Record<string, ProbePlan>>;
  readonly published: Published;
  readonly decisions: number;
}

export interface WorldSetup {
  readonly atMs: EpochMs;
  readonly groups: readonly GroupSetting[];
  /** In order of preference; at least one. */
  readonly endpoints: readonly EndpointSetting[];
  readonly wishes?: OperatorWishes | undefined;
  /** From the last snapshot: a new leader continues from it. */
  readonly selection?: Selection | undefined;
  /** The number of the last recorded decision. */
  readonly decisions?: number | undefined;
}

const NO_WISHES: OperatorWishes = {
  mode: { kind: 'auto' },
  automation: 'running',
  disabled: [],
  grants: [],
};

/**
 * A world before the first event. The selection is the previous leader's, or the first endpoint.
 * @throws {RangeError} without an endpoint; a valid configuration has at least one
 */
export function initialWorld(setup: WorldSetup): World {
  const [first] = setup.endpoints;
  if (first === undefined) throw new RangeError('a world needs at least one endpoint');
  const wishes = setup.wishes ?? NO_WISHES;
  const known = new Set(setup.endpoints.map(({ id }) => id));
  const former = setup.selection;
  const selection: Selection =
    former !== undefined && known.has(former.activeId)
      ? former
      : { status: 'steady', activeId: first.id, reason: 'initial', sinceAtMs: setup.atMs };
  return {
    wishes,
    groups: groupStates(setup.groups, {}),
    endpoints: setup.endpoints.map(newEndpoint),
    proxies: [],
    selection,
    switching: {
      phase:
        selection === former
          ? { status: 'settled' }
          : { status: 'settling', sinceAtMs: setup.atMs },
      lead: { status: 'none' },
      flapping: { status: 'none' },
      switchedAtMs: null,
      recentAtMs: [],
      failureSwitchAtMs: null,
      ramp: { status: 'none' },
      standing: { reason: selection.reason, sinceAtMs: selection.sinceAtMs },
    },
    liveLevels: {},
    isOverloadedEverywhere: false,
    lastBusyAtMs: setup.atMs,
    probePlans: {},
    published: { status: 'never' },
    decisions: setup.decisions ?? 0,
  };
}

export function newEndpoint({
  id,
  groupName,
  styleChoice,
  preferenceMs,
  sharing,
}: EndpointSetting): EndpointState {
  return {
    id,
    groupName,
    styleChoice,
    preferenceMs,
    ...(sharing === undefined ? {} : { sharing }),
    health: UNKNOWN_HEALTH,
    tokenAccess: UNKNOWN_TOKEN_ACCESS,
    latency: NO_PROBE_LATENCY,
    probes: NO_PROBE_RECORD,
    reliability: NO_RELIABILITY,
    rateLimits: NO_RATE_LIMITS,
    live: NO_LIVE_RECORD,
    times: NO_LIVE_TIMES,
    overload: { overloadedAtMs: null, answeredAtMs: null },
    probeSequence: null,
    evidence: 0,
    sessionGeneration: 0,
    recovery: NO_RECOVERY,
    changedAtMs: null,
  };
}

/** Groups by name; those that remain keep today's spending. */
export function groupStates(
  settings: readonly GroupSetting[],
  former: Readonly<Record<string, GroupState>>,
): Readonly<Record<string, GroupState>> {
  return Object.fromEntries(
    settings.map((setting) => {
      const { day, spentUsd } = own(former, setting.name) ?? { day: 0, spentUsd: 0 };
      return [setting.name, { ...setting, day, spentUsd }];
    }),
  );
}

export function endpointOf(world: World, id: EndpointId): EndpointState | undefined {
  return world.endpoints.find((endpoint) => endpoint.id === id);
}

/** How much longer a CLI probe usually takes than a direct request. */
export function styleOffsetMsOf({ endpoints }: Pick<World, 'endpoints'>): number {
  return styleOffsetOf(endpoints.map(({ latency }) => latency));
}

export function endpointIdsOf({ endpoints }: Pick<World, 'endpoints'>): ReadonlySet<string> {
  return new Set(endpoints.map(({ id }) => id));
}

/** The world with one endpoint replaced by the result of `change`. */
export function withEndpoint(
  world: World,
  id: EndpointId,
  change: (endpoint: EndpointState) => EndpointState,
): World {
  return {
    ...world,
    endpoints: world.endpoints.map((endpoint) =>
      endpoint.id === id ? change(endpoint) : endpoint,
    ),
  };
}
