/** The admin API of a controller, for the command line and the terminal dashboard. */

import { ADMIN_TIMEOUT_MS } from '@zephyr/contract/api/admin-timing';
import type { ApiHistory } from '@zephyr/contract/api/api-history';
import type { RequestParams, UsageParams } from '@zephyr/contract/api/api-query';
import { apiAddress, commandPath } from '@zephyr/contract/api/api-routes';
import type { ApiState } from '@zephyr/contract/api/api-state';
import type {
  CommandAnswer,
  CommandBody,
  CommandName,
} from '@zephyr/contract/operate/operator-command';
import type { Problem } from '@zephyr/contract/operate/problem';
import type { BudgetList } from '@zephyr/contract/usage/people-limits';
import {
  type ApiRequestRecord,
  REMOVED_BEFORE_HEADER,
  type RequestList,
  type UsageReport,
} from '@zephyr/contract/usage/usage';
import { ZephyrError } from '@zephyr/runtime/errors';
import type { Translate } from '@zephyr/texts';
import type { EventSourceMessage } from 'eventsource-parser/stream';

import { CONTROLLER_DEFAULTS } from '../network/service-location.ts';
import { eventsOf } from './sse.ts';

/** A recording, or the usage of a year: many megabytes, possibly over a slow connection. */
const LONG_TIMEOUT_MS = 120_000;

export interface AdminTarget {
  /** Without a trailing slash. */
  readonly url: string;
  readonly token?: string | undefined;
  /** Why the address may be wrong: thrown if nothing answers there. */
  readonly doubt?: ZephyrError | undefined;
}

export interface UsageText extends Pick<UsageReport, 'removed_before'> {
  readonly text: string;
}

export interface EventOptions {
  readonly lastEventId?: string | undefined;
  /** Include finished requests. */
  readonly hasRequests?: boolean | undefined;
}

export interface AdminClient {
  readonly url: string;
  state(): Promise<ApiState>;
  history(): Promise<ApiHistory>;
  /** See `parseRecording` in core; empty before the first decision. */
  recording(): Promise<string>;
  /** Resolves once the command has been applied. */
  command<Name extends CommandName>(name: Name, body: CommandBody<Name>): Promise<CommandAnswer>;
  usage(query: UsageParams): Promise<UsageReport>;
  budgets(): Promise<BudgetList>;
  /** The same, unparsed: a year of many people is too much to build objects from. */
  usageText(query: UsageParams, format: 'csv' | 'json'): Promise<UsageText>;
  /** Newest first. */
  requests(query: RequestParams): Promise<readonly ApiRequestRecord[]>;
  /** Ends with the connection. */
  events(signal: AbortSignal, options?: EventOptions): AsyncIterable<EventSourceMessage>;
}

/** @throws ZephyrError from every method: what is wrong and what to do, in the user's language */
export function adminClient(target: AdminTarget, say: Translate): AdminClient {
  const request = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (target.token !== undefined) headers.set('authorization', `Bearer ${target.token}`);
    let response: Response;
    try {
      response = await fetch(`${target.url}${path}`, { ...init, headers, redirect: 'error' });
    } catch (error) {
      if (target.doubt !== undefined) throw target.doubt;
      throw new ZephyrError('UNREACHABLE', say('cli.error.unreachable', { url: target.url }), {
        cause: error,
        advice: [say('cli.error.unreachable.advice')],
      });
    }
    if (response.ok) return response;
    throw await refusal(response, target.url, say);
  };
  const get = async <Answer>(path: string, timeoutMs = ADMIN_TIMEOUT_MS): Promise<Answer> => {
    const response = await request(path, { signal: AbortSignal.timeout(timeoutMs) });
    return answerOf(response, target.url, say);
  };
  const textOf = async (path: string, type: string) => {
    const response = await request(path, { signal: AbortSignal.timeout(LONG_TIMEOUT_MS) });
    if (!isOfType(response, type)) throw notController(target.url, say);
    const text = await whole(response.text(), target.url, say);
    return { text, headers: response.headers };
  };
  return {
    url: target.url,
    state: () => get(apiAddress('state')),
    history: () => get(apiAddress('history')),
    recording: async () => (await textOf(apiAddress('recording'), 'application/jsonl')).text,
    command: async (name, body) => {
      const response = await request(commandPath(name), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ADMIN_TIMEOUT_MS),
      });
      return answerOf(response, target.url, say);
    },
    usage: (query) => get(apiAddress('usage', query), LONG_TIMEOUT_MS),
    budgets: () => get(apiAddress('budgets')),
    usageText: async (query, format) => {
      const address = apiAddress(format === 'csv' ? 'usage-csv' : 'usage', query);
      const type = format === 'csv' ? 'text/csv' : 'application/json';
      const { text, headers } = await textOf(address, type);
      return { text, removed_before: headers.get(REMOVED_BEFORE_HEADER) };
    },
    requests: async (query) => (await get<RequestList>(apiAddress('requests', query))).requests,
    async *events(signal, options = {}) {
      const path = apiAddress('events', { requests: options.hasRequests || undefined });
      const response = await request(path, { signal, headers: streamHeaders(options) });
      if (response.body === null) return;
      yield* eventsOf(response.body);
    },
  };
}

function streamHeaders({ lastEventId, hasRequests }: EventOptions): Record<string, string> {
  const headers = { accept: 'text/event-stream' };
  // A request stream restarts with the history each time, the cue to look for missed requests.
  const isContinued = lastEventId !== undefined && lastEventId !== '' && hasRequests !== true;
  return isContinued ? { ...headers, 'last-event-id': lastEventId } : headers;
}

async function answerOf<Answer>(response: Response, url: string, say: Translate): Promise<Answer> {
  if (!isOfType(response, 'application/json')) throw notController(url, say);
  return whole(response.json() as Promise<Answer>, url, say);
}

/** A long answer may be cut off: the controller stopped, or Redis went away meanwhile. */
async function whole<Body>(body: Promise<Body>, url: string, say: Translate): Promise<Body> {
  try {
    return await body;
  } catch (cause) {
    throw new ZephyrError('UNREACHABLE', say('cli.error.cut', { url }), {
      ...{ cause, advice: [say('cli.error.cut.advice')] },
    });
  }
}

async function refusal(response: Response, url: string, say: Translate): Promise<ZephyrError> {
  if (!isOfType(response, 'application/problem+json')) return notController(url, say);
  const problem = (await response.json()) as Problem;
  if (problem.code === 'unauthorized') {
    return new ZephyrError('UNAUTHORIZED', say('cli.error.token'), {
      advice: [say('cli.error.token.advice', { variable: CONTROLLER_DEFAULTS.token_env })],
    });
  }
  // The query came from the command line.
  const code = problem.code === 'invalid_query' ? 'USAGE' : problem.code;
  return new ZephyrError(code, say(`problem.${problem.code}`), {
    advice: [problem.detail, ...adviceFor(problem, say)],
  });
}

/** Command-line advice where the controller's is for programmers. */
function adviceFor({ code, advice }: Problem, say: Translate): readonly string[] {
  switch (code) {
    case 'invalid_body':
    case 'invalid_query':
    case 'not_found':
    case 'method_not_allowed':
    case 'unknown_endpoint':
    case 'endpoint_unavailable':
    case 'last_endpoint':
      return [say(`cli.error.${code}.advice`)];
    default:
      return advice;
  }
}

function isOfType(response: Response, type: string): boolean {
  return response.headers.get('content-type')?.split(';')[0] === type;
}

function notController(url: string, say: Translate): ZephyrError {
  return new ZephyrError('NOT_A_CONTROLLER', say('cli.error.notController', { url }), {
    advice: [say('cli.error.notController.advice', { port: CONTROLLER_DEFAULTS.port })],
  });
}
