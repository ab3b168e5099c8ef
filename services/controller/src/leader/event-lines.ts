/** The log lines for decisions and notices: one for each, never repeated. Pure. */
import type { Decision } from '@zephyr/contract/decide/decision';
import { type Notice, severityOf } from '@zephyr/contract/decide/notice';
import type { EndpointId } from '@zephyr/contract/scalars';
import type { Effect } from '@zephyr/core';

export interface EventLine {
  readonly level: 'debug' | 'info' | 'warn';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @param nameOf the display name of an endpoint */
export function eventLines(
  effects: readonly Effect[],
  nameOf: (id: EndpointId) => string,
): readonly EventLine[] {
  return effects.flatMap((effect) => {
    if (effect.kind === 'record') return [decisionLine(effect.decision, nameOf)];
    return effect.kind === 'notice' ? [noticeLine(effect.notice)] : [];
  });
}

const PHASES: Readonly<Record<Decision['phase'], string>> = {
  planned: 'switch planned',
  switched: 'switched',
  settled: 'switch settled',
  withdrawn: 'switch withdrawn',
};

function decisionLine(decision: Decision, nameOf: (id: EndpointId) => string): EventLine {
  const { number, phase, fromId, toId, reason, failure, gain } = decision;
  const isFirst = phase === 'switched' && fromId === toId;
  return {
    level: reason === 'nothing_available' ? 'warn' : 'info',
    message: isFirst ? 'endpoint chosen' : PHASES[phase],
    fields: {
      ...(isFirst ? {} : { from: nameOf(fromId), ...latencyOf(decision, fromId, 'fromLatencyMs') }),
      ...{ to: nameOf(toId), ...latencyOf(decision, toId, 'toLatencyMs') },
      reason,
      ...(failure === undefined ? {} : { failure }),
      ...(gain === undefined ? {} : { gainMs: Math.round(gain.gainMs) }),
      decision: number,
    },
  };
}

/** As known when this was decided; absent if nothing was known. */
function latencyOf({ considered }: Decision, wanted: EndpointId, field: string) {
  const score = considered.find(({ id }) => id === wanted)?.score;
  return score?.status === 'known' ? { [field]: Math.round(score.latencyMs) } : {};
}

function noticeLine(notice: Notice): EventLine {
  const { code, ...fields } = notice;
  // A probe that arrived too late has changed nothing.
  const isChange = code !== 'late_probe_dropped';
  const calm = isChange ? 'info' : 'debug';
  return {
    level: severityOf(notice) === 'info' ? calm : 'warn',
    message: isWrongToken(notice) ? WRONG_TOKEN : code.replaceAll('_', ' '),
    fields,
  };
}

const WRONG_TOKEN =
  'the endpoint refuses your token: write a valid one into .env (in containers: then make up), or see what token_command prints';

/** Excludes an account without credit, which has the same notice. */
function isWrongToken(notice: Notice): boolean {
  return notice.code === 'token_refused' && notice.failure === 'token_refused';
}
