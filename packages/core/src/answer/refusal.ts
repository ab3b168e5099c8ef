/** What an answer with another status than success means. By the status and the error's type. */
import type { FailureClass } from '../types.ts';
import { type ApiError, knownFailureOf, parseApiError } from './api-error.ts';

export interface Refusal {
  readonly status: number;
  /** Lower case; asked only where the body cannot be read. */
  readonly contentType: string;
  /** The body, or as much of it as was read: at most 64 KiB. */
  readonly bodyStart: string;
}

export interface RefusalVerdict {
  /** `client_error`: the request's own fault; its answer passes to the client unchanged. */
  readonly failure: FailureClass;
  /** Where the body is an error of an API: such an answer may be given to a client. */
  readonly error: ApiError | undefined;
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

export function judgeRefusal(refusal: Refusal): RefusalVerdict {
  const error = parseApiError(refusal.bodyStart);
  return { failure: failureOf(refusal, error), error };
}

function failureOf(refusal: Refusal, error: ApiError | undefined): FailureClass {
  const { status } = refusal;
  // Redirects are never followed: the token would go to a host that nobody configured.
  if (status < 400 || status > 599) return 'not_claude';
  const known = error === undefined ? undefined : knownFailureOf(error);
  if (status >= 500) return failureOfServer(status, known);
  const judge = BY_STATUS.get(status) ?? anyOther4xx;
  return judge(bodyOf(refusal, error), known);
}

type Judge = (body: Body, known: FailureClass | undefined) => FailureClass;

const BY_STATUS: ReadonlyMap<number, Judge> = new Map<number, Judge>([
  [401, (body) => (body === 'page' ? 'not_claude' : 'token_refused')],
  [402, () => 'credit'],
  // About this request or this model, unless it names the token or its account.
  [403, (body, known) => (speaksJson(body) ? (unlessClient(known) ?? 'forbidden') : 'not_claude')],
  // The API has `not_found_error` for what it does not know; all else has no such path.
  [404, (_body, known) => unlessClient(known) ?? 'not_claude'],
  [408, () => 'timeout'],
  [413, () => 'client_error'],
  [429, (_body, known) => (known === 'credit' ? 'credit' : 'rate_limited')],
]);

/** With these statuses a gateway's `invalid_request_error` says no more than the status does. */
function unlessClient(known: FailureClass | undefined): FailureClass | undefined {
  return known === 'client_error' ? undefined : known;
}

/** A page for people where the API would answer JSON: a captive portal or a wrong path. */
function anyOther4xx(body: Body, known: FailureClass | undefined): FailureClass {
  return known ?? (speaksJson(body) ? 'client_error' : 'not_claude');
}

/** A gateway's 5xx speaks of itself, unless it names load or a model that it does not have. */
function failureOfServer(status: number, known: FailureClass | undefined): FailureClass {
  if (status === 529) return 'overloaded';
  const isNamed = known === 'overloaded' || known === 'rate_limited' || known === 'model_not_found';
  return isNamed ? known : 'server_error';
}

type Body = 'api_error' | 'json' | 'page' | 'other';

function speaksJson(body: Body): boolean {
  return body === 'api_error' || body === 'json';
}

function bodyOf({ bodyStart, contentType }: Refusal, error: ApiError | undefined): Body {
  if (error !== undefined) return 'api_error';
  const first = /^(?:\u00ef\u00bb\u00bf|\ufeff)?\s*(\S)/.exec(bodyStart)?.[1] ?? '';
  if (first === '<') return 'page';
  if (first === '{') return 'json';
  // Compressed, or none.
  return contentType.includes('json') ? 'json' : 'other';
}
