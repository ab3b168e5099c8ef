/** `zephyr status`: which endpoint serves, why, and how the others are. */
import type { ApiEndpoint, ApiState } from '@zephyr/runtime/api';
import { headlineOf, nextOf, roleText, whyOf } from '@zephyr/texts';

import type { Environment } from '../launch/state-folder.ts';
import { renderTable } from '../table.ts';
import { type AdminOptions, type AdminSession, openSession } from './admin-session.ts';

/** @returns what to print; with `--json` the controller's ApiState */
export async function status(options: AdminOptions, environment: Environment): Promise<string> {
  const session = openSession(options, environment);
  const state = await session.client.state();
  if (options.json === true) return JSON.stringify(state, null, 2);
  const sentences = [
    headlineOf(state, session.say),
    whyOf(state, session),
    nextOf(state, session, state.atMs),
  ];
  return [...sentences.filter((sentence) => sentence !== ''), '', tableOf(state, session)].join(
    '\n',
  );
}

function tableOf(state: ApiState, session: AdminSession): string {
  const { say } = session;
  const ranked = state.endpoints.toSorted(
    (left, right) => (left.rank ?? Infinity) - (right.rank ?? Infinity),
  );
  const head = [
    say('column.endpoint'),
    say('column.state'),
    say('column.score'),
    say('column.latency'),
    say('column.success'),
    say('column.requests'),
    say('column.nextCheck'),
  ];
  return renderTable(
    head,
    ranked.map((endpoint) => rowOf(endpoint, state, session)),
  );
}

function rowOf(
  endpoint: ApiEndpoint,
  state: ApiState,
  { say, numbers }: AdminSession,
): readonly string[] {
  const { score, probe } = endpoint;
  const isKnown = score.status === 'known';
  return [
    endpoint.name,
    roleText(endpoint, state.selection, say),
    isKnown ? numbers.latency(score.totalMs) : '-',
    isKnown ? numbers.latency(score.latencyMs) : '-',
    endpoint.successRatio === null ? '-' : numbers.percent(endpoint.successRatio),
    numbers.count(endpoint.activeRequests),
    probe.nextAtMs === null ? '-' : numbers.duration(probe.nextAtMs - state.atMs),
  ];
}
