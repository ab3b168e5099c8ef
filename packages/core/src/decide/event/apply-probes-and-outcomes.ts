import type { Notice } from '@zephyr/contract/decide/notice';
import type { FailureClass } from '@zephyr/contract/failure';
import type { ProbeResult } from '@zephyr/contract/probe/probe';
import type { OutcomeBatch, OutcomeCounts, TtftSample } from '@zephyr/contract/route/outcome';
import type { PresenceReport } from '@zephyr/contract/route/presence';
import type { RateLimitReports } from '@zephyr/contract/route/rate-limit';
import type { EndpointId, EpochMs } from '@zephyr/contract/scalars';
import { causeOf } from '../../failure-table.ts';
import {
  applyProbeToHealth,
  applyToTokenAccess,
  type HealthPolicy,
  probeKindOf,
  type TokenStep,
} from '../../learn/health.ts';
import { afterProbe, type Timed, takeTimes, withEvidence } from '../../learn/live-excess.ts';
import { applyOutcomesToLive, endpointFailures, failuresOf } from '../../learn/live-success.ts';
import {
  basisOf,
  estimateProbeLatency,
  latencyBasisOf,
  NO_PROBE_LATENCY,
} from '../../learn/probe-latency.ts';
import { addProbe } from '../../learn/probe-score.ts';
import { limitCostMs, withRateLimits } from '../../learn/rate-limit-headroom.ts';
import { addAttempts, addFailures } from '../../learn/reliability.ts';
import type { ScoreTables } from '../../learn/score.ts';
import { own } from '../../own-property.ts';
import { spentShareOf, withCost } from '../../probe/budget-day.ts';
import { type DirectProbePolicy, recordStyle } from '../../probe/cli-or-direct.ts';
import type { ProbePlanPolicy } from '../probe-plan/probe-plans.ts';
import { withNotices } from '../switch/apply-switch.ts';
import { type Context, type Step, stay } from '../world/context.ts';
import {
  afterGoodReport,
  afterPassedProbe,
  type RecoveryPolicy,
} from '../world/ejection-recovery.ts';
import {
  type Presences,
  toPresence,
  totalActiveRequests,
  withPresence,
} from '../world/presence.ts';
import {
  type EndpointState,
  endpointIdsOf,
  endpointOf,
  styleOffsetMsOf,
  type World,
  withEndpoint,
} from '../world/world.ts';

/** The tables of the policy by which evidence is weighed. */
interface EvidenceTables extends ScoreTables {
  readonly health: HealthPolicy;
  readonly presence: RecoveryPolicy;
  readonly probing: DirectProbePolicy & Pick<ProbePlanPolicy, 'cheaperFromShare'>;
}

/** Applies one probe. A late one (with a smaller sequence) only adds its cost. */
export function takeProbe(
  world: World,
  probe: ProbeResult,
  context: Context<EvidenceTables>,
): Step {
  const endpoint = endpointOf(world, probe.endpointId);
  if (endpoint === undefined) return stay(world);
  const paid = payProbe(world, endpoint, { probe, context });
  const { probeSequence } = endpoint;
  if (probeSequence !== null && probe.sequence <= probeSequence) {
    return withNotices(paid, [{ code: 'late_probe_dropped', endpointId: endpoint.id }]);
  }
  const probed = applyProbeByStyle(endpoint, probe, {
    context,
    isOverloaded: world.isOverloadedEverywhere,
    presences: world.proxies,
  });
  const after = withEndpoint(paid.next, endpoint.id, () => probed);
  const timed = timedOf(probed, styleOffsetMsOf(after), context);
  const times = afterProbe(timed, world.liveLevels, context.policy.live);
  const next = withEndpoint(after, endpoint.id, () => ({ ...probed, times }));
  return withNotices({ next, effects: paid.effects }, changesOf(endpoint, probed));
}

/** The live times of an endpoint, with its probe latency. */
function timedOf(
  { times, latency }: EndpointState,
  styleOffsetMs: number,
  { epochMs, policy }: Context<EvidenceTables>,
): Timed {
  const when = { epochMs, policy: policy.latency };
  const estimate = estimateProbeLatency(latency, styleOffsetMs, when);
  return { times, probeMs: estimate?.latencyMs ?? null };
}

/** Adds the cost of a probe to its group's day; emits a notice when the budget runs out. */
function payProbe(
  world: World,
  { groupName }: EndpointState,
  { probe, context }: { readonly probe: ProbeResult; readonly context: Context<EvidenceTables> },
): Step {
  const group = own(world.groups, groupName);
  if (group === undefined || probe.costUsd === 0) return stay(world);
  const { epochMs, policy } = context;
  const paid = withCost(group, probe.costUsd, epochMs);
  const [before, after] = [spentShareOf(group, epochMs), spentShareOf(paid, epochMs)];
  const isPassed = (share: number) => before < share && after >= share;
  const notices: Notice[] = [];
  if (isPassed(1)) notices.push({ code: 'budget_spent', groupName });
  else if (isPassed(policy.probing.cheaperFromShare)) {
    notices.push({ code: 'budget_nearly_spent', groupName });
  }
  const next = { ...world, groups: { ...world.groups, [groupName]: paid } };
  return withNotices({ next, effects: [] }, notices);
}

/** The circumstances in which an event is judged. */
interface Intake {
  readonly context: Context<EvidenceTables>;
  readonly isOverloaded: boolean;
  readonly presences: Presences;
}

/**
 * If the core chooses the style, a failed direct request counts only once the CLI has failed too: see
 * `cli-or-direct.ts`.
 */
function applyProbeByStyle(
  endpoint: EndpointState,
  probe: ProbeResult,
  about: Intake,
): EndpointState {
  if (endpoint.styleChoice === 'fixed') return applyProbe(endpoint, probe, about);
  const { epochMs, policy } = about.context;
  const step = { probe, epochMs, policy: policy.probing };
  const { record, counts } = recordStyle(endpoint.probes, step);
  const isCliOnly = record.direct.status === 'cli_only';
  const latency = isCliOnly ? { ...NO_PROBE_LATENCY, cli: endpoint.latency.cli } : endpoint.latency;
  const recorded = { ...endpoint, probes: record, latency };
  if (counts === 'deferred') return { ...recorded, probeSequence: probe.sequence };
  if (counts === 'this') return applyProbe(recorded, probe, about);
  const deferred: ProbeResult = { ...probe, verdict: { status: 'failed', ...counts.before } };
  return applyProbe(applyProbe(recorded, deferred, about), probe, about);
}

function applyProbe(endpoint: EndpointState, probe: ProbeResult, about: Intake): EndpointState {
  const { context, presences } = about;
  const { epochMs, policy } = context;
  const { verdict } = probe;
  const isAnswer = probeKindOf(probe.style) === 'answer';
  const health = applyProbeToHealth(endpoint.health, { probe, epochMs, policy: policy.health });
  const base = { ...endpoint, health, probeSequence: probe.sequence };
  if (verdict.status === 'ok' && !isAnswer) return base;
  if (verdict.status === 'failed') {
    return countFailures(base, [[verdict.failure, 1]], about);
  }
  const tracks = addProbe(base, probe, { epochMs, policy, isOverloaded: about.isOverloaded });
  // A probe of a style that does not currently measure this endpoint is no evidence of its speed.
  const isNews = latencyBasisOf(probe.style) === basisOf(tracks.latency, policy.latency);
  return {
    ...base,
    ...tracks,
    tokenAccess: tokenStep(base, 'accepted', context),
    overload: { ...base.overload, answeredAtMs: epochMs },
    recovery: afterPassedProbe(base.recovery, {
      ...{ id: base.id, presences, epochMs, policy: policy.presence },
    }),
    evidence: base.evidence + (isNews ? 1 : 0),
  };
}

/** Applies one proxy's report, which covers about a second. */
export function takeOutcomes(
  world: World,
  batch: OutcomeBatch,
  context: Context<EvidenceTables>,
): Step {
  const { isOverloadedEverywhere: isOverloaded, proxies: presences } = world;
  const { proxyId } = batch;
  const changed = withSharedLimits(world.endpoints, batch, context.epochMs).map((endpoint) => {
    const counts = own(batch.endpoints, endpoint.id);
    return counts === undefined
      ? endpoint
      : applyOutcomes(endpoint, counts, { context, isOverloaded, presences, proxyId });
  });
  const notices = world.endpoints.flatMap((former, index) =>
    changesOf(former, changed[index] ?? former),
  );
  const next = world.endpoints.reduce<World>(
    (before, { id }) => takeTtft(before, id, own(batch.endpoints, id)?.ttft ?? [], context),
    { ...world, endpoints: changed },
  );
  return withNotices({ next, effects: [] }, notices);
}

/** Applies the live times of one endpoint, which also affect the others' excess. */
function takeTtft(
  world: World,
  id: EndpointId,
  ttft: readonly TtftSample[],
  context: Context<EvidenceTables>,
): World {
  const { epochMs, policy } = context;
  const endpoint = endpointOf(world, id);
  if (ttft.length === 0 || endpoint === undefined) return world;
  const styleOffsetMs = styleOffsetMsOf(world);
  const timed = (of: EndpointState): Timed => timedOf(of, styleOffsetMs, context);
  const others = world.endpoints.filter((other) => other !== endpoint);
  const taken = takeTimes(
    { own: timed(endpoint), others: others.map(timed), levels: world.liveLevels },
    { ttft, epochMs, policy: policy.live },
  );
  const { times, isNew } = withEvidence(taken.own.times, epochMs, policy.live);
  const timesOf = new Map(others.map((other, index) => [other, taken.others[index]?.times]));
  return {
    ...world,
    liveLevels: taken.levels,
    endpoints: world.endpoints.map((of) => {
      if (of === endpoint) return { ...of, times, evidence: of.evidence + (isNew ? 1 : 0) };
      return { ...of, times: timesOf.get(of) ?? of.times };
    }),
  };
}

function applyOutcomes(
  endpoint: EndpointState,
  counts: OutcomeCounts,
  about: Intake & { readonly proxyId: string },
): EndpointState {
  const { context, presences, proxyId } = about;
  const { epochMs, policy } = context;
  const live = applyOutcomesToLive(endpoint.live, counts, epochMs);
  const limited = withLimits(endpoint, counts, context);
  const failed = countFailures({ ...limited, live }, failuresOf(counts), {
    ...about,
    between: counts.succeeded,
  });
  if (counts.succeeded === 0) return failed;
  return {
    ...failed,
    tokenAccess: tokenStep(failed, 'accepted', context),
    reliability: addAttempts(
      failed.reliability,
      { succeeded: counts.succeeded, failed: [], epochMs },
      policy.failure,
    ),
    overload: { ...failed.overload, answeredAtMs: epochMs },
    recovery:
      endpointFailures(counts) > 0
        ? failed.recovery
        : afterGoodReport(failed.recovery, proxyId, {
            ...{ id: endpoint.id, presences, epochMs, policy: policy.presence },
          }),
  };
}

/** Endpoints of a group share a token, so the limits that one of them reports apply to all. */
function withSharedLimits(
  endpoints: readonly EndpointState[],
  batch: OutcomeBatch,
  epochMs: EpochMs,
): readonly EndpointState[] {
  const groups = new Map<string, RateLimitReports>();
  for (const { id, groupName } of endpoints) {
    const reports = own(batch.endpoints, id)?.rateLimits;
    if (reports !== undefined) groups.set(groupName, { ...groups.get(groupName), ...reports });
  }
  if (groups.size === 0) return endpoints;
  return endpoints.map((endpoint) => {
    const rateLimits = withRateLimits(endpoint.rateLimits, groups.get(endpoint.groupName), epochMs);
    return rateLimits === endpoint.rateLimits ? endpoint : { ...endpoint, rateLimits };
  });
}

/** A limit that is nearly used up is new evidence with each report, because it will soon matter. */
function withLimits(
  endpoint: EndpointState,
  { rateLimits: reports }: OutcomeCounts,
  { epochMs, policy }: Context<EvidenceTables>,
): EndpointState {
  const rateLimits = withRateLimits(endpoint.rateLimits, reports, epochMs);
  if (rateLimits === endpoint.rateLimits) return endpoint;
  const isLow = limitCostMs(rateLimits, epochMs, policy.rateLimit) > 0;
  return { ...endpoint, rateLimits, evidence: endpoint.evidence + (isLow ? 1 : 0) };
}

function countFailures(
  endpoint: EndpointState,
  failures: readonly (readonly [FailureClass, number])[],
  {
    context,
    isOverloaded,
    between = 0,
  }: Pick<Intake, 'context' | 'isOverloaded'> & { readonly between?: number },
): EndpointState {
  const token = failures.find(([failure]) => causeOf(failure) === 'token');
  const isOverload = failures.some(([failure]) => causeOf(failure) === 'overload');
  const { epochMs, policy } = context;
  const when = { failed: failures, between, epochMs, isOverloaded };
  const reliability = addFailures(endpoint.reliability, when, policy.failure);
  return {
    ...endpoint,
    tokenAccess:
      token === undefined ? endpoint.tokenAccess : tokenStep(endpoint, token[0], context),
    reliability,
    overload: isOverload ? { ...endpoint.overload, overloadedAtMs: epochMs } : endpoint.overload,
    evidence: endpoint.evidence + (reliability === endpoint.reliability ? 0 : 1),
  };
}

function tokenStep(
  endpoint: EndpointState,
  answer: TokenStep['answer'],
  context: Context<EvidenceTables>,
) {
  const policy = context.policy.health;
  return applyToTokenAccess(endpoint.tokenAccess, { answer, epochMs: context.epochMs, policy });
}

function changesOf(former: EndpointState, now: EndpointState): readonly Notice[] {
  const notices: Notice[] = [];
  const { id: endpointId, health, tokenAccess } = now;
  if (health.status !== former.health.status && health.status === 'healthy') {
    notices.push({ code: 'endpoint_healthy', endpointId });
  }
  if (health.status === 'unhealthy' && former.health.status !== 'unhealthy') {
    const { failure, detail } = health;
    notices.push({ code: 'endpoint_unhealthy', endpointId, failure, detail });
  }
  if (tokenAccess.status === 'refused' && former.tokenAccess.status !== 'refused') {
    notices.push({ code: 'token_refused', endpointId, failure: tokenAccess.failure });
  }
  if (tokenAccess.status === 'accepted' && former.tokenAccess.status === 'refused') {
    notices.push({ code: 'token_accepted', endpointId });
  }
  return notices;
}

export function takePresence(world: World, report: PresenceReport, { epochMs }: Context): Step {
  const presence = toPresence(report, { endpointIds: endpointIdsOf(world), epochMs });
  const proxies = withPresence(world.proxies, presence);
  const isBusy = totalActiveRequests(proxies) > 0;
  return stay({ ...world, proxies, lastBusyAtMs: isBusy ? epochMs : world.lastBusyAtMs });
}

export function forgetProxy(world: World, proxyId: string): Step {
  const proxies = world.proxies.filter((presence) => presence.proxyId !== proxyId);
  return stay({ ...world, proxies });
}
