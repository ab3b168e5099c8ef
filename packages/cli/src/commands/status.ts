/** `zephyr status`: which endpoint serves, why, and how the others are. */
import type { ApiEndpoint, ApiState } from '@zephyr/runtime/api';
import { headlineOf, nextOf, roleText, whyOf } from '@zephyr/texts';

import { followStream } from '../admin/follow.ts';
import type { Environment } from '../launch/state-folder.ts';
import { renderTable } from '../table.ts';
import { type AdminOptions, type AdminSession, openSession } from './admin-session.ts';

/** @returns what to print; with `--json` the controller's ApiState */
export async function status(options: AdminOptions, environment: Environment): Promise<string> {
  const session = openSession(options, environment);
  const state = await session.client.state();
  return options.json === true ? JSON.stringify(state, null, 2) : statusText(state, session);
}

export interface WatchCall {
  readonly options: AdminOptions;
  readonly environment: Environment;
  readonly print: (text: string) => void;
  /** A terminal shows one picture that changes; elsewhere each change is printed below the last. */
  readonly isTerminal: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const CLEAR_SCREEN = '\u001b[H\u001b[J';

/** `zephyr status --watch`; with `--json` one line for each state. */
export async function watchStatus(call: WatchCall): Promise<void> {
  const { options, print, signal } = call;
  const session = openSession(options, call.environment);
  // Tells at once when there is no controller; later ones are waited for.
  await session.client.state();
  let printed = '';
  for await (const message of followStream(session.client, signal)) {
    if (message.kind !== 'state') continue;
    const { state } = message;
    if (options.json === true) print(JSON.stringify(state));
    else if (call.isTerminal) print(`${CLEAR_SCREEN}${statusText(state, session)}`);
    else {
      const text = sentencesOf(state, session).join(' ');
      if (text !== printed) print(`${session.numbers.time(state.atMs, state.atMs)}  ${text}`);
      printed = text;
    }
  }
}

function statusText(state: ApiState, session: AdminSession): string {
  const next = nextOf(state, session, state.atMs);
  const sentences = [...sentencesOf(state, session), ...(next === '' ? [] : [next])];
  return [...sentences, '', tableOf(state, session)].join('\n');
}

/** Who serves and why. */
function sentencesOf(state: ApiState, session: AdminSession): readonly string[] {
  return [headlineOf(state, session.say), whyOf(state, session)];
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
