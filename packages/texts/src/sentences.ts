/**
 * The current state in sentences: which endpoint serves, why, and what will happen next. Pure; shared by both
 * dashboards, the status page and the command line.
 */
import type { ApiState } from '@zephyr/contract/api/api-state';

import {
  type DecisionFacts,
  type EndpointFacts,
  type EndpointNames,
  nameOf,
  type SelectionFacts,
  type Situation,
  type Speech,
} from './situation.ts';

/** The serving endpoint; undefined if none can serve. */
export function servingOf(situation: Situation): EndpointFacts | undefined {
  const { selection } = situation;
  if (selection.status === 'none') return undefined;
  const active = situation.endpoints.find(({ id }) => id === selection.activeId);
  return situation.endpoints.some(({ available }) => available) ? active : undefined;
}

/** "relay-b serves", or that none does. */
export function headlineOf(situation: Situation, say: Speech['say']): string {
  if (situation.selection.status === 'none') return say('now.none');
  const serving = servingOf(situation);
  if (serving === undefined) return say('now.down');
  return serving.share === null
    ? say('now.serves', { name: serving.name })
    : say('now.share', { names: sharingNames(situation) });
}

function sharingNames({ endpoints }: Situation): string {
  const sharing = endpoints.filter(({ share }) => share !== null);
  return sharing.map(({ name }) => name).join(', ');
}

/** Why it serves, in one sentence. */
export function whyOf(situation: Situation, speech: Speech): string {
  const { selection, lastSwitch } = situation;
  if (selection.status === 'none') return speech.say('now.none.detail');
  if (servingOf(situation) === undefined) {
    const isAnyTried = situation.endpoints.some(({ enabled }) => enabled);
    return speech.say(isAnyTried ? 'now.down.detail' : 'now.disabled.detail');
  }
  const { activeId } = selection;
  if (situation.mode.kind === 'manual' && situation.mode.endpointId === activeId) {
    // It stays because an operator chose it, whatever made it active before.
    return speech.say('now.why.operator_pinned', { name: nameOf(situation, activeId) });
  }
  const because = selection.status === 'pending' ? lastSwitch : causeOf(selection, lastSwitch);
  // While a switch is pending, the selection's reason is that of the next endpoint.
  const reason =
    selection.status === 'pending' ? (lastSwitch?.reason ?? 'initial') : selection.reason;
  return reasonSentence(situation, { ...speech, reason, because, activeId });
}

function causeOf(
  selection: Exclude<SelectionFacts, { status: 'none' }>,
  lastSwitch: DecisionFacts | null,
): DecisionFacts | null {
  return lastSwitch?.toId === selection.activeId && lastSwitch.reason === selection.reason
    ? lastSwitch
    : null;
}

interface Why extends Speech {
  readonly reason: DecisionFacts['reason'];
  readonly because: DecisionFacts | null;
  readonly activeId: string;
}

function reasonSentence(situation: Situation, why: Why): string {
  const { say, numbers, reason, because } = why;
  const name = nameOf(situation, why.activeId);
  const other = because === null ? undefined : nameOf(situation, because.fromId);
  switch (reason) {
    case 'initial':
      return situation.endpoints.some(({ score }) => score.status === 'known')
        ? say('now.why.initial', { name })
        : say('now.why.unmeasured', { name });
    case 'operator_pinned':
    case 'pinned_failed':
    case 'pinned_recovered':
      return say(`now.why.${pinCode(situation, reason)}`, { name });
    case 'faster':
      return other === undefined || because?.gain === undefined
        ? say('now.why.faster.plain', { name })
        : say('now.why.faster', { name, other, gain: numbers.latency(because.gain.gainMs) });
    case 'preferred':
      return other === undefined
        ? say('now.why.preferred.plain', { name })
        : say('now.why.preferred', { name, other });
    case 'active_failed':
    case 'active_ejected':
    case 'active_token_refused': {
      const failure = because?.failure;
      return other === undefined || failure === undefined
        ? say(`now.why.${reason}.plain`, { name })
        : say(`now.why.${reason}`, { name, other, failure: say(`failure.${failure}`) });
    }
    case 'active_disabled':
      return other === undefined
        ? say(`now.why.${reason}.plain`, { name })
        : say(`now.why.${reason}`, { name, other });
    default:
      return say(`now.why.${reason}`, { name });
  }
}

/** If a pin was the reason: since then the mode may have become automatic, or another endpoint pinned. */
function pinCode({ mode }: Situation, reason: DecisionFacts['reason']) {
  if (mode.kind === 'manual') return 'pinned_failed';
  return reason === 'pinned_failed' ? 'pinned_failed.ended' : 'operator_pinned.ended';
}

/** What will happen next, in one sentence; empty if there is nothing to say. */
export function nextOf(situation: Situation, speech: Speech, epochMs: number): string {
  const { selection } = situation;
  switch (selection.status) {
    case 'none':
      return '';
    case 'pending':
      return pendingSentence(situation, selection, { ...speech, epochMs });
    case 'draining': {
      const count = requestsOn(situation, selection.drainingId);
      const name = nameOf(situation, selection.drainingId);
      return count === 0
        ? steadySentence(situation, speech, epochMs)
        : speech.say('next.draining', { count, name });
    }
    case 'steady':
      return steadySentence(situation, speech, epochMs);
  }
}

function pendingSentence(
  situation: Situation,
  selection: Extract<SelectionFacts, { status: 'pending' }>,
  { say, numbers, epochMs }: Speech & { epochMs: number },
): string {
  const name = nameOf(situation, selection.nextId);
  const from = nameOf(situation, selection.activeId);
  const left = numbers.duration(selection.deadlineAtMs - epochMs);
  const count = requestsOn(situation, selection.activeId);
  return count === 0
    ? say('next.pending.idle', { name, left })
    : say('next.pending', { name, from, left, count });
}

function steadySentence(situation: Situation, { say, numbers }: Speech, epochMs: number): string {
  const active = servingOf(situation);
  if (active === undefined) return '';
  const best = bestFallback(situation, active.id);
  if (situation.mode.kind === 'manual') {
    return best === undefined ? say('next.manual.alone') : say('next.manual', { name: best.name });
  }
  if (situation.automation.status === 'paused') return say('next.paused');
  if (situation.freeze.status === 'overload') return say('next.overload');
  if (situation.freeze.status === 'flapping') {
    return say('next.flapping', { time: numbers.time(situation.freeze.untilAtMs, epochMs) });
  }
  if (active.share !== null) return say('next.share', { names: sharingNames(situation) });
  if (best === undefined) return say('next.alone');
  if (active.score.status === 'unknown' || best.score.status === 'unknown') {
    return say('next.unknown');
  }
  const gainMs = active.score.totalMs - best.score.totalMs;
  if (gainMs >= situation.policy.switchThresholdMs) {
    return leadSentence(situation, { name: best.name, gainMs, epochMs }, { say, numbers });
  }
  return say(gainMs > 0 ? 'next.stays.near' : 'next.stays', {
    name: best.name,
    threshold: numbers.latency(situation.policy.switchThresholdMs),
    difference: numbers.latency(Math.abs(gainMs)),
  });
}

/** Already faster by the threshold: still missing is confirmation, or the end of the dwell time. */
function leadSentence(
  { selection, policy }: Situation,
  { name, gainMs, epochMs }: { name: string; gainMs: number; epochMs: number },
  { say, numbers }: Speech,
): string {
  const difference = numbers.latency(gainMs);
  const leftMs = selection.status === 'none' ? 0 : selection.sinceAtMs + policy.dwellMs - epochMs;
  return leftMs > 0
    ? say('next.dwell', { name, difference, left: numbers.duration(leftMs) })
    : say('next.confirming', { name, difference });
}

function bestFallback(situation: Situation, activeId: string): EndpointFacts | undefined {
  return situation.endpoints
    .filter(({ id, available }) => available && id !== activeId)
    .toSorted((left, right) => (left.rank ?? Infinity) - (right.rank ?? Infinity))[0];
}

function requestsOn(situation: Situation, id: string): number {
  return situation.endpoints.find((endpoint) => endpoint.id === id)?.activeRequests ?? 0;
}

/** An endpoint's current role. */
export type Role = 'serving' | 'next' | 'draining' | 'fallback' | 'off' | 'down';

export function roleOf(endpoint: EndpointFacts, selection: SelectionFacts): Role {
  if (selection.status === 'pending' && selection.nextId === endpoint.id) return 'next';
  if (selection.status === 'draining' && selection.drainingId === endpoint.id) return 'draining';
  if (!endpoint.enabled) return 'off';
  if (!endpoint.available) return 'down';
  const isActive = selection.status !== 'none' && selection.activeId === endpoint.id;
  return isActive || endpoint.share !== null ? 'serving' : 'fallback';
}

export function roleText(
  endpoint: EndpointFacts,
  selection: SelectionFacts,
  say: Speech['say'],
): string {
  const role = roleOf(endpoint, selection);
  if (role === 'serving' && endpoint.share !== null) {
    return say('role.sharing', { share: Math.round(endpoint.share * 100) });
  }
  if (role !== 'fallback') return say(`role.${role}`);
  return endpoint.rank === null
    ? healthText(endpoint, say)
    : say('role.fallback', { rank: endpoint.rank });
}

/** What is wrong with Redis, and since when. */
export function storeText(
  store: Exclude<ApiState['store'], { status: 'connected' }>,
  epochMs: number,
  { say, numbers }: Speech,
): string {
  const time = numbers.time(store.sinceAtMs, epochMs);
  return say(store.status === 'away' ? 'link.store' : 'link.store.full', { time });
}

/** Its health and, if unknown, why and after how many probes. */
export function healthText(
  { health, probe }: Pick<EndpointFacts, 'health' | 'probe'>,
  say: Speech['say'],
): string {
  if (health.status !== 'unknown' || probe === undefined) return say(`health.${health.status}`);
  const { last } = probe;
  if (last === null) return say('health.unprobed');
  return last.verdict.status === 'ok'
    ? say('health.unproven')
    : say('health.undecided', { failure: say(`failure.${last.verdict.failure}`) });
}

/** One line of the log for a decision. */
export function decisionText(
  decision: DecisionFacts,
  situation: EndpointNames,
  { say, numbers }: Speech,
): string {
  const from = nameOf(situation, decision.fromId);
  const to = nameOf(situation, decision.toId);
  if (decision.reason === 'nothing_available') return say('now.down');
  const detail = decision.failure === undefined ? '' : ` (${say(`failure.${decision.failure}`)})`;
  const reason =
    decision.gain !== undefined && decision.reason === 'faster'
      ? say('log.decision.gain', { gain: numbers.latency(decision.gain.gainMs) })
      : `${say(`reason.${decision.reason}`)}${detail}`;
  switch (decision.phase) {
    case 'planned':
      return say('log.decision.planned', { from, to, reason });
    case 'switched':
      return decision.fromId === decision.toId
        ? say('log.decision.first', { to, reason })
        : say('log.decision.switched', { from, to, reason });
    case 'settled':
      return say('log.decision.settled', { from, to });
    case 'withdrawn':
      return say('log.decision.withdrawn', { from, to });
  }
}
