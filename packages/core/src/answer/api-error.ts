/**
 * The error object of the Messages API and of gateways in front of it, and its meaning. Its `type` and
 * `code` count, not its message, which may quote the client's text; there are two exceptions.
 *
 * @see https://docs.claude.com/en/api/errors
 */
import type { ApiErrorType } from '@zephyr/contract/api-error-type';
import type { FailureClass } from '@zephyr/contract/failure';

export interface ApiError {
  /** E.g. `overloaded_error`; empty if absent. */
  readonly type: string;
  /** Set by gateways, e.g. `model_not_found`; empty if absent. */
  readonly code: string;
  /** For people; see `LACKS_CREDIT` and `isThinkingRefusal`. */
  readonly message: string;
}

const BY_TYPE: ReadonlyMap<string, FailureClass> = new Map<ApiErrorType, FailureClass>([
  ['overloaded_error', 'overloaded'],
  ['rate_limit_error', 'rate_limited'],
  ['authentication_error', 'token_refused'],
  ['permission_error', 'forbidden'],
  ['billing_error', 'credit'],
  ['not_found_error', 'model_not_found'],
  ['invalid_request_error', 'client_error'],
  ['request_too_large', 'client_error'],
]);

/**
 * Values that gateways put into `code` or `type`: those of new-api and one-api, which most gateways run, of
 * the OpenAI API, whose errors they pass on, and of organizations with a spend limit.
 */
const BY_CODE: ReadonlyMap<string, FailureClass> = new Map([
  ['insufficient_quota', 'credit'],
  ['insufficient_user_quota', 'credit'],
  ['enforced_spend_limit_reached', 'credit'],
  ['model_not_found', 'model_not_found'],
]);

/** Undefined if the text is not JSON or not an error. Linear; the caller bounds the text. */
export function parseApiError(text: string): ApiError | undefined {
  const value = parseObject(text);
  return value === undefined ? undefined : readApiError(value);
}

export function readApiError(value: object): ApiError | undefined {
  const error = 'error' in value ? value.error : undefined;
  if (typeof error === 'string') return { type: '', code: '', message: error };
  if (typeof error === 'object' && error !== null) {
    return {
      type: textOf(error, 'type'),
      code: textOf(error, 'code'),
      message: textOf(error, 'message'),
    };
  }
  const isNamed = 'type' in value && value.type === 'error';
  return isNamed ? { type: '', code: '', message: textOf(value, 'message') } : undefined;
}

/**
 * The API's sentence for an account without credit, which it sends as an `invalid_request_error`. Matched
 * only at the beginning: messages that quote the client begin with the position in the request.
 */
const LACKS_CREDIT = /^Your credit balance is too low to access the /;

/** Undefined if neither its type nor its code is known. */
export function knownFailureOf({ type, code, message }: ApiError): FailureClass | undefined {
  if (type === 'invalid_request_error' && LACKS_CREDIT.test(message)) return 'credit';
  return BY_CODE.get(code) ?? BY_CODE.get(type) ?? BY_TYPE.get(type);
}

/** The wording of the API, Bedrock and Vertex, whatever gateways put around it. */
const REFUSES_THINKING = /signature\W{1,8}in\W{1,8}thinking\W{1,8}block/i;

/**
 * Whether the endpoint cannot verify the thinking in the conversation, because another backend signed it.
 * There is no type or code for that. If a message only quotes such words, another endpoint is tried in vain.
 */
export function isThinkingRefusal({ message }: ApiError): boolean {
  return REFUSES_THINKING.test(message);
}

/** For an error with a success status, as JSON or as a stream event. */
export function failureOfApiError(error: ApiError): FailureClass {
  return knownFailureOf(error) ?? 'server_error';
}

export function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: object, key: 'type' | 'code' | 'message'): string {
  const text: unknown = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : '';
  return typeof text === 'string' ? text : '';
}
