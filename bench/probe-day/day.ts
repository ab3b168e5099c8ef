/** One day second by second: a working person, failing endpoints, probes, the real core. */

import type { FailureClass } from '@zephyr/contract/failure';
import type { ProbeStyle } from '@zephyr/contract/probe/probe';
import type { EndpointId } from '@zephyr/contract/scalars';
import {
  cautiousPriceOf,
  chooseStyle,
  costUsd,
  endpointId,
  epochMs,
  groupSettingOf,
  initialWorld,
  type Policy,
  realStyleOf,
  reduce,
  type World,
  type WorldEvent,
} from '@zephyr/core';
import { failover } from '@zephyr/runtime/config/keys/failover-and-ejection';
import { healthCheck, withIntervalBounds } from '@zephyr/runtime/config/keys/health-check';
import { internalForm } from '@zephyr/runtime/config/resolve/names-and-units';

import { type Setup, USAGE } from './setups.ts';
import { makeWork, type Outage, type Work } from './work.ts';

export interface DayFigures {
  readonly workUsd: number;
  readonly dayUsd: number;
  readonly realProbes: number;
  readonly cheapProbes: number;
  /** From the start of an outage of the serving endpoint until another one serves. */
  readonly noticedAfterMs: readonly number[];
  readonly outages: number;
}

interface Day {
  readonly setup: Setup;
  readonly policy: Policy;
  readonly work: Work;
  readonly ids: readonly EndpointId[];
  world: World;
  nowMs: number;
  readonly nextCheckAtMs: Map<EndpointId, number>;
  readonly lastCheckAtMs: Map<EndpointId, number>;
  readonly freshUntilMs: Map<EndpointId, number>;
  readonly failuresInRow: Map<EndpointId, number>;
  readonly ejectedUntilMs: Map<EndpointId, { failure: FailureClass; untilMs: number }>;
  /** Begins when the outage hits the endpoint serving at that time. */
  hit: { id: EndpointId; kind: Outage['kind']; sinceMs: number; untilMs: number } | undefined;
  readonly figures: { workUsd: number; dayUsd: number; realProbes: number; cheapProbes: number };
  readonly noticedAfterMs: number[];
}

const GROUP = 'main';
const DAY_S = 86_400;
const { ejectMs } = internalForm(failover.parse({}));
const HEALTH_CHECK = internalForm(withIntervalBounds(healthCheck.parse({})));
const MODEL_PRICE = cautiousPriceOf(HEALTH_CHECK.model);

export function simulateDay(about: {
  readonly setup: Setup;
  readonly seed: number;
  readonly endpoints: number;
  readonly policy: Policy;
}): DayFigures {
  const ids = Array.from({ length: about.endpoints }, (_, index) => endpointId(`e${index}`));
  const { dynamicScaling, realIntervalMs, style } = about.setup;
  const group = groupSettingOf(GROUP, { ...HEALTH_CHECK, dynamicScaling, realIntervalMs });
  const day: Day = {
    ...{ setup: about.setup, policy: about.policy, work: makeWork(about.seed), ids },
    world: initialWorld({
      atMs: epochMs(0),
      groups: [group],
      endpoints: ids.map((id) => ({
        ...{
          id,
          groupName: GROUP,
          styleChoice: style === 'auto' ? 'auto' : 'fixed',
          preferenceMs: 0,
        },
      })),
    }),
    nowMs: 0,
    nextCheckAtMs: new Map(),
    lastCheckAtMs: new Map(),
    freshUntilMs: new Map(),
    failuresInRow: new Map(),
    ejectedUntilMs: new Map(),
    hit: undefined,
    figures: { workUsd: 0, dayUsd: 0, realProbes: 0, cheapProbes: 0 },
    noticedAfterMs: [],
  };
  for (let second = 0; second < DAY_S; second += 1) {
    day.nowMs = second * 1000;
    stepSecond(day, second);
  }
  return { ...day.figures, noticedAfterMs: day.noticedAfterMs, outages: day.work.outages.size };
}

function stepSecond(day: Day, second: number): void {
  const outage = day.work.outages.get(second);
  if (outage !== undefined) {
    const sinceMs = day.nowMs;
    const id = day.world.selection.activeId;
    day.hit = { id, kind: outage.kind, sinceMs, untilMs: sinceMs + outage.lastsMs };
  }
  const requests = day.work.requests.get(second) ?? 0;
  for (let request = 0; request < requests; request += 1) sendRequest(day);
  feed(day, {
    kind: 'presence',
    report: presenceOf(day, day.work.activeRequests.get(second) ?? 0),
  });
  for (const id of day.ids) {
    if ((day.nextCheckAtMs.get(id) ?? Number.POSITIVE_INFINITY) <= day.nowMs)
      checkEndpoint(day, id);
  }
  feed(day, { kind: 'tick' });
  noticeSwitch(day);
}

function noticeSwitch(day: Day): void {
  if (day.hit === undefined) return;
  if (day.world.selection.activeId !== day.hit.id) {
    if (day.hit.sinceMs >= 0) day.noticedAfterMs.push(day.nowMs - day.hit.sinceMs);
    day.hit = { ...day.hit, sinceMs: -1 };
  }
  if (day.nowMs >= day.hit.untilMs) day.hit = undefined;
}

/** Like the controller's schedules: a changed interval counts from the last probe. */
function feed(day: Day, event: WorldEvent): void {
  const { next, effects } = reduce(day.world, { atMs: epochMs(day.nowMs), event }, day.policy);
  day.world = next;
  for (const effect of effects) {
    if (effect.kind !== 'set_probe' || effect.plan.status === 'off') continue;
    const lastMs = day.lastCheckAtMs.get(effect.endpointId);
    const nextMs = lastMs === undefined ? day.nowMs : lastMs + effect.plan.intervalMs;
    day.nextCheckAtMs.set(effect.endpointId, Math.max(day.nowMs, nextMs));
  }
}

/** The proxy: tries endpoints in order, ejects by the rules of [failover]. */
function sendRequest(day: Day): void {
  const { activeId } = day.world.selection;
  const isOut = (id: EndpointId): boolean => (day.ejectedUntilMs.get(id)?.untilMs ?? 0) > day.nowMs;
  const order = [activeId, ...day.ids.filter((id) => id !== activeId)].filter((id) => !isOut(id));
  for (const id of order) {
    const failure = failureOf(day, id);
    const proxyId = 'proxy';
    if (failure === undefined) {
      day.failuresInRow.set(id, 0);
      const counts = {
        succeeded: 1,
        failed: {},
        ttft: [{ class: 'sonnet/s/fresh', ms: latencyOf(day, id) * 1.5 }],
      };
      feed(day, { kind: 'outcomes', batch: { proxyId, endpoints: { [id]: counts } } });
      return;
    }
    const inRow = (day.failuresInRow.get(id) ?? 0) + 1;
    day.failuresInRow.set(id, inRow);
    if (failure === 'connection_refused' || inRow >= 2)
      day.ejectedUntilMs.set(id, { failure, untilMs: day.nowMs + ejectMs });
    const counts = { succeeded: 0, failed: { [failure]: 1 }, ttft: [] };
    feed(day, { kind: 'outcomes', batch: { proxyId, endpoints: { [id]: counts } } });
  }
}

function presenceOf(day: Day, activeRequests: number) {
  const ejections = Object.fromEntries(
    [...day.ejectedUntilMs]
      .filter(([, { untilMs }]) => untilMs > day.nowMs)
      .map(([id, { failure, untilMs }]) => [
        id,
        { status: 'ejected' as const, failure, remainingMs: untilMs - day.nowMs },
      ]),
  );
  return {
    ...{ proxyId: 'proxy', status: 'serving' as const, ejections },
    activeRequests: { [day.world.selection.activeId]: activeRequests },
  };
}

function checkEndpoint(day: Day, id: EndpointId): void {
  const { setup, nowMs, figures } = day;
  const plan = day.world.probePlans[id];
  if (plan === undefined || plan.status === 'off') return void day.nextCheckAtMs.delete(id);
  const style = chooseStyle({
    ...{ configured: setup.style, cheap: setup.cheap, spending: plan.spending },
    wants: plan.wants,
    isRealFresh: (day.freshUntilMs.get(id) ?? 0) > nowMs,
  });
  day.lastCheckAtMs.set(id, nowMs);
  day.nextCheckAtMs.set(id, nowMs + plan.intervalMs);
  const failure = failureOfCheck(day, id, style);
  if (failure !== undefined) day.freshUntilMs.delete(id);
  else if (style === realStyleOf(setup.style))
    day.freshUntilMs.set(id, nowMs + setup.realIntervalMs);
  const usage = failure === undefined ? USAGE[style] : USAGE.tcp;
  const usd = costUsd(usage, MODEL_PRICE);
  figures.dayUsd += usd;
  if (day.work.isWorkTime(nowMs / 1000)) figures.workUsd += usd;
  figures[style === realStyleOf(setup.style) ? 'realProbes' : 'cheapProbes'] += 1;
  feed(day, {
    kind: 'probe',
    result: {
      ...{ endpointId: id, slot: `${id}:${nowMs}`, sequence: nowMs, style, usage, costUsd: usd },
      ...{ startedAtMs: epochMs(nowMs), wallMs: 1_500 },
      verdict:
        failure === undefined
          ? { status: 'ok', latencyMs: latencyOf(day, id) }
          : { status: 'failed', failure, detail: '' },
    },
  });
}

function failureOf(day: Day, id: EndpointId): FailureClass | undefined {
  if (day.hit?.id !== id || day.nowMs >= day.hit.untilMs) return undefined;
  return day.hit.kind === 'connection' ? 'connection_refused' : 'server_error';
}

/** A free probe does not see that the API itself fails. */
function failureOfCheck(day: Day, id: EndpointId, style: ProbeStyle): FailureClass | undefined {
  const failure = failureOf(day, id);
  const isFree = style === 'http' || style === 'tcp';
  if (isFree && failure === 'server_error') return undefined;
  const isRefused = style === 'messages' && day.ids.indexOf(id) < day.setup.cliOnly;
  return failure ?? (isRefused ? 'forbidden' : undefined);
}

/** Endpoints differ by 100 ms; each answer by up to a fifth. */
function latencyOf(day: Day, id: EndpointId): number {
  return (800 + 100 * day.ids.indexOf(id)) * (0.9 + 0.2 * day.work.rng());
}
