/** `zephyr status`: which endpoint is serving, why, and the state of the others. */

import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ApiState } from '@zephyr/contract/api/api-state';
import type { Environment } from '@zephyr/runtime/environment';
import { explain } from '@zephyr/runtime/errors';
import {
  failureOf,
  headlineOf,
  lastProbeText,
  nextOf,
  nextProbeText,
  roleText,
  whyOf,
} from '@zephyr/texts';

import { type AdminOptions, type AdminSession, openSession } from '../../admin/admin-session.ts';
import { followStream } from '../../admin/follow-stream.ts';
import { poll } from '../../network/poll.ts';
import { renderTable } from '../../output/table.ts';
import { type Screen, screenful } from './screenful.ts';

export interface StatusOptions extends AdminOptions {
  /** Probe all endpoints first. */
  readonly probe?: boolean;
}

/**
 * @param probesTimeoutMs how long `--probe` waits for the endpoints
 * @returns what to print; with `--json` the controller's ApiState
 */
export async function status(
  options: StatusOptions,
  environment: Environment,
  probesTimeoutMs: number = PROBES_TIMEOUT_MS,
): Promise<string> {
  const session = openSession(options, environment);
  const { state, unprobed } =
    options.probe === true
      ? await probedState(session, probesTimeoutMs)
      : { state: await session.client.state(), unprobed: [] };
  if (options.json === true) return JSON.stringify(state, null, 2);
  const names = unprobed.map(({ name }) => name).join(', ');
  const rest = unprobed.length === 0 ? [] : ['', session.say('status.unprobed', { names })];
  return [statusText(state, session), ...rest].join('\n');
}

export interface WatchCall {
  readonly options: AdminOptions;
  readonly environment: Environment;
  readonly print: (text: string) => void;
  /** Redraws one screen at its current size; if absent, each change is printed below the last. */
  readonly screen?: (() => Screen) | undefined;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** Redrawn from the top, line by line: clearing the whole terminal may leave a copy of each screen. */
const [FIRST_LINE, REST_OF_LINE, REST_OF_SCREEN] = ['\u001b[H', '\u001b[K', '\u001b[J'];

/** `zephyr status --watch`; with `--json` one line for each state. */
export async function watchStatus(call: WatchCall): Promise<void> {
  const { options, print, signal } = call;
  const session = openSession(options, call.environment);
  // Fails immediately if there is no controller; later interruptions are waited out.
  await session.client.state();
  let printed = '';
  for await (const message of followStream(session.client, signal)) {
    if (message.kind !== 'state') continue;
    const { state } = message;
    if (options.json === true) print(JSON.stringify(state));
    else if (call.screen !== undefined) {
      const more = (count: number) => session.say('status.more', { count });
      const text = screenful(statusText(state, session), call.screen(), more);
      const lines = text.replaceAll('\n', `${REST_OF_LINE}\n`);
      print(`${FIRST_LINE}${lines}${REST_OF_SCREEN}`);
    } else {
      const [headline = '', why = ''] = sentencesOf(state, session);
      const text = session.say('status.change', { headline, why });
      if (text !== printed) print(`${session.numbers.time(state.atMs, state.atMs)}  ${text}`);
      printed = text;
    }
  }
}

/** A probe by the Claude CLI takes a few seconds, on a loaded machine up to `timeout_seconds`. */
const PROBES_TIMEOUT_MS = 45_000;
const PROBES_POLL_MS = 300;

interface ProbedState {
  readonly state: ApiState;
  /** Endpoints whose probe had not ended by then. */
  readonly unprobed: readonly ApiEndpoint[];
}

/** The state after probing each endpoint. */
async function probedState(session: AdminSession, timeoutMs: number): Promise<ProbedState> {
  const { client } = session;
  let state = await client.state();
  const sinceAtMs = state.atMs;
  // Without a leader, as in the first second after a start, the command is not accepted yet.
  let asked: 'not yet' | 'done' = 'not yet';
  const times = { intervalMs: PROBES_POLL_MS, timeoutMs };
  await poll(async () => {
    if (asked === 'not yet') {
      asked = await client.command('probe', {}).then(
        () => 'done',
        () => 'not yet',
      );
    }
    state = await client.state();
    return unprobedOf(state, sinceAtMs).length === 0 ? state : undefined;
  }, times);
  return { state, unprobed: unprobedOf(state, sinceAtMs) };
}

function unprobedOf({ endpoints }: ApiState, sinceAtMs: number): readonly ApiEndpoint[] {
  return endpoints.filter((endpoint) => endpoint.enabled && !isProbed(endpoint, sinceAtMs));
}

function isProbed({ probe }: ApiEndpoint, sinceAtMs: number): boolean {
  return probe.last !== null && !probe.isRunning && probe.last.atMs >= sinceAtMs;
}

function statusText(state: ApiState, session: AdminSession): string {
  const next = nextOf(state, session, state.atMs);
  const sentences = [...sentencesOf(state, session), ...(next === '' ? [] : [next])];
  const troubles = [...causesOf(state, session), ...configTroubleOf(state, session)];
  return [
    ...sentences,
    '',
    tableOf(state, session),
    '',
    probeTableOf(state, session),
    ...troubles.flatMap((each) => ['', each]),
  ].join('\n');
}

/** Why an enabled endpoint cannot serve, and what to do. */
function causesOf({ endpoints }: ApiState, { say }: AdminSession): readonly string[] {
  return endpoints
    .filter(({ enabled, available }) => enabled && !available)
    .flatMap((endpoint) => {
      const failure = failureOf(endpoint);
      if (failure === undefined) return [];
      const { name, groupName } = endpoint;
      const cause =
        failure === 'token_refused'
          ? say('status.cause.token', { name, group: groupName })
          : say('status.cause', { name, failure: say(`failure.${failure}`) });
      return [`${cause}\n  → ${say(`advice.${failure}`)}`];
    });
}

/** From the file on disk, or from what the controller last read of it. */
function configTroubleOf(
  { config }: ApiState,
  { say, configError }: AdminSession,
): readonly string[] {
  if (configError === undefined && config.status === 'applied') return [];
  const problems =
    configError === undefined && config.status === 'rejected'
      ? config.problems.join('\n')
      : explain(configError);
  const text = say('overall.advice', {
    ...{ what: say('link.config'), advice: say('link.config.detail') },
  });
  return [[text, ...problems.split('\n')].join('\n  ').trimEnd()];
}

/** Which endpoint is serving, and why. */
function sentencesOf(state: ApiState, session: AdminSession): readonly string[] {
  return [headlineOf(state, session.say), whyOf(state, session)];
}

function tableOf(state: ApiState, session: AdminSession): string {
  const { say } = session;
  const head = [
    say('column.endpoint'),
    say('column.state'),
    say('column.score'),
    say('column.latency'),
    say('column.success'),
    say('column.requests'),
  ];
  return renderTable(
    head,
    rankedOf(state).map((endpoint) => rowOf(endpoint, state, session)),
  );
}

function rowOf(
  endpoint: ApiEndpoint,
  state: ApiState,
  { say, numbers }: AdminSession,
): readonly string[] {
  const { score } = endpoint;
  const isKnown = score.status === 'known';
  return [
    endpoint.name,
    roleText(endpoint, state.selection, say),
    isKnown ? numbers.latency(score.totalMs) : '-',
    isKnown ? numbers.latency(score.latencyMs) : '-',
    endpoint.successRatio === null ? '-' : numbers.percent(endpoint.successRatio),
    numbers.count(endpoint.activeRequests),
  ];
}

/** A separate table: all columns together are wider than a terminal. */
function probeTableOf(state: ApiState, { say, numbers }: AdminSession): string {
  const head = [
    say('status.probes'),
    say('status.last'),
    say('status.mean'),
    say('status.p95'),
    say('probe.last'),
    say('column.nextProbe'),
  ];
  const rows = rankedOf(state).map(({ name, probe }) => {
    const { latency } = probe;
    const cellOf = (ms: number | undefined) => (ms === undefined ? '-' : numbers.latency(ms));
    return [
      ...[name, cellOf(latency?.lastMs), cellOf(latency?.meanMs), cellOf(latency?.p95Ms)],
      lastProbeText(probe.last, { say, numbers }, state.atMs),
      nextProbeText({ probe }, { say, numbers }, state.atMs),
    ];
  });
  return renderTable(head, rows);
}

function rankedOf({ endpoints }: ApiState): readonly ApiEndpoint[] {
  return endpoints.toSorted((left, right) => (left.rank ?? Infinity) - (right.rank ?? Infinity));
}
