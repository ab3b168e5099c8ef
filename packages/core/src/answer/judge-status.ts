/** The meaning of an answer without a success status, from its status and error type. */
import type { FailureClass } from '@zephyr/contract/failure';

import { type ApiError, isThinkingRefusal, knownFailureOf, parseApiError } from './api-error.ts';

export interface RefusedAnswer {
  readonly status: number;
  /** Lower case; used only if the body cannot be read. */
  readonly contentType: string;
  /** The start of the body, at most 64 KiB. */
  readonly bodyStart: string;
}

export interface RefusalVerdict {
  /** `client_error`: the request's own fault; the answer is passed to the client unchanged. */
  readonly failure: FailureClass;
  /** Set if the body is an API error: such an answer may be passed to a client. */
  readonly error: ApiError | undefined;
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

export function judgeRefusal(refusal: RefusedAnswer): RefusalVerdict {
  const error = parseApiError(refusal.bodyStart);
  return { failure: failureOf(refusal, error), error };
}

function failureOf(refusal: RefusedAnswer, error: ApiError | undefined): FailureClass {
  const { status } = refusal;
  // Redirects are never followed: the token would go to a host that is not configured.
  if (status < 400 || status > 599) return 'not_claude';
  const known = error === undefined ? undefined : knownFailureOf(error);
  const isUnclear = known === undefined || known === 'client_error';
  if (error !== undefined && isUnclear && !BY_STATUS.has(status) && isThinkingRefusal(error)) {
    return 'foreign_thinking';
  }
  if (status >= 500) return failureOfServer(status, known);
  const judge = BY_STATUS.get(status) ?? anyOther4xx;
  return judge(bodyOf(refusal, error), known);
}

type Judge = (body: Body, known: FailureClass | undefined) => FailureClass;

const BY_STATUS: ReadonlyMap<number, Judge> = new Map<number, Judge>([
  [401, (body) => (body === 'page' ? 'not_claude' : 'token_refused')],
  [402, () => 'credit'],
  // About this request or model, unless it names the token or its account.
  [403, (body, known) => (isJson(body) ? (unlessClient(known) ?? 'forbidden') : 'not_claude')],
  // The API answers with `not_found_error`; any other server does not have the path.
  [404, (_body, known) => unlessClient(known) ?? 'not_claude'],
  [408, () => 'timeout'],
  [413, () => 'client_error'],
  [429, (_body, known) => (known === 'credit' ? 'credit' : 'rate_limited')],
]);

/** With these statuses, a gateway's `invalid_request_error` adds nothing to the status. */
function unlessClient(known: FailureClass | undefined): FailureClass | undefined {
  return known === 'client_error' ? undefined : known;
}

/** An HTML page instead of the API's JSON: a captive portal or a wrong path. */
function anyOther4xx(body: Body, known: FailureClass | undefined): FailureClass {
  return known ?? (isJson(body) ? 'client_error' : 'not_claude');
}

/** A gateway's 5xx is its own fault, unless it names load or a model that it does not have. */
function failureOfServer(status: number, known: FailureClass | undefined): FailureClass {
  if (status === 529) return 'overloaded';
  const isNamed = known === 'overloaded' || known === 'rate_limited' || known === 'model_not_found';
  return isNamed ? known : 'server_error';
}

type Body = 'api_error' | 'json' | 'page' | 'other';

function isJson(body: Body): boolean {
  return body === 'api_error' || body === 'json';
}

function bodyOf({ bodyStart, contentType }: RefusedAnswer, error: ApiError | undefined): Body {
  if (error !== undefined) return 'api_error';
  const first = /^(?:\u00ef\u00bb\u00bf|\ufeff)?\s*(\S)/.exec(bodyStart)?.[1] ?? '';
  if (first === '<') return 'page';
  if (first === '{') return 'json';
  // Compressed, or none.
  return contentType.includes('json') ? 'json' : 'other';
}
