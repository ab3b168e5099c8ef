import type { ApiErrorType } from '@zephyr/contract/api-error-type';
import { FAILURE_CLASSES, type FailureClass } from '@zephyr/contract/failure';
import { describe, expect, it } from 'vitest';

import { answerIn, requestsOf, settled } from '../test-support/memory-client.ts';
import {
  type ErrorAnswer,
  type ErrorName,
  errorBody,
  errorEvent,
  errorKind,
  errorOfFailure,
  newRequestId,
  sendError,
} from './zephyr-errors.ts';

/** What clients get. `final`: they must not retry. */
const EXPECTED: Readonly<Record<ErrorName, readonly [number, ApiErrorType, 'final'?]>> = {
  bad_request: [400, 'invalid_request_error', 'final'],
  body_not_allowed: [400, 'invalid_request_error', 'final'],
  https_only: [400, 'invalid_request_error', 'final'],
  repeated_model: [400, 'invalid_request_error', 'final'],
  unauthorized: [401, 'authentication_error', 'final'],
  not_local: [401, 'authentication_error', 'final'],
  token_refused: [402, 'api_error', 'final'],
  foreign_page: [403, 'permission_error', 'final'],
  unknown_host: [403, 'permission_error', 'final'],
  model_not_allowed: [403, 'permission_error', 'final'],
  not_found: [404, 'not_found_error', 'final'],
  base_url: [404, 'not_found_error', 'final'],
  forward_proxy: [404, 'not_found_error', 'final'],
  unknown_model: [404, 'not_found_error', 'final'],
  unsupported: [404, 'not_found_error', 'final'],
  method_not_allowed: [405, 'invalid_request_error', 'final'],
  request_timeout: [408, 'invalid_request_error'],
  too_large: [413, 'request_too_large', 'final'],
  target_too_long: [414, 'invalid_request_error', 'final'],
  header_too_large: [431, 'invalid_request_error', 'final'],
  too_many_failures: [429, 'rate_limit_error', 'final'],
  over_limit: [429, 'rate_limit_error'],
  client_busy: [429, 'rate_limit_error'],
  rate_limited: [429, 'rate_limit_error'],
  internal: [500, 'api_error'],
  upstream_failed: [502, 'api_error'],
  busy: [503, 'overloaded_error'],
  usage_away: [503, 'api_error'],
  all_down: [503, 'overloaded_error'],
  unreachable: [503, 'overloaded_error'],
  none_enabled: [503, 'api_error', 'final'],
  upstream_timeout: [504, 'api_error'],
  overloaded: [529, 'overloaded_error'],
};
const NAMES = Object.keys(EXPECTED) as ErrorName[];

const messageOf = (body: string): string => JSON.parse(body).error.message;

it.each(NAMES)(
  '%s has the status, the type and the advice that Claude Code understands',
  (name) => {
    const [status, type, final] = EXPECTED[name];
    const { message, ...kind } = errorKind(name);
    const canRetry = final === undefined ? {} : { canRetry: false };
    expect(kind).toStrictEqual({ status, type, ...canRetry });
    expect(message).not.toBe('');
  },
);

describe('errorBody', () => {
  it('is an error of the Messages API', () => {
    expect(JSON.parse(errorBody('overloaded', 'r'))).toStrictEqual({
      type: 'error',
      error: { type: 'overloaded_error', message: 'the model is overloaded' },
      request_id: 'r',
    });
  });

  // `$&` would stand for what is replaced.
  it('contains the facts of this request as they are', () => {
    expect(messageOf(errorBody('base_url', 'r', { address: 'http://$&:1' }))).toContain(
      'set ANTHROPIC_BASE_URL to http://$&:1 of this proxy',
    );
    expect(messageOf(errorBody('unknown_model', 'r', { models: '$&' }))).toMatch(/: \$&$/);
    expect(messageOf(errorBody('over_limit', 'r', { limit: 'the day’s $&' }))).toBe('the day’s $&');
  });

  it('keeps the placeholder of an unknown fact', () => {
    expect(messageOf(errorBody('base_url', 'r'))).toContain('http://<host>:<port>');
    expect(messageOf(errorBody('model_not_allowed', 'r'))).toContain('<models>');
    expect(messageOf(errorBody('over_limit', 'r'))).toBe('<limit>');
  });

  it('names the signature family that the session has left', () => {
    expect(messageOf(errorBody('overloaded', 'r', { leftFamily: 'one' }))).toMatch(
      /^the model is overloaded; no endpoint of the family one, /,
    );
  });
});

it('ends a stream with an event', () => {
  const error = { type: 'api_error', message: 'the endpoint did not answer in time' };
  const data = JSON.stringify({ type: 'error', error });
  expect(errorEvent('upstream_timeout')).toBe(`event: error\ndata: ${data}\n\n`);
});

it('numbers the requests of this process', () => {
  const [first, second] = [newRequestId(), newRequestId()];
  const [, ours = '', one = ''] = /^(zephyr_[\w-]{8})([0-9a-z]+)$/.exec(first) ?? [];
  expect(second).toBe(`${ours}${(Number.parseInt(one, 36) + 1).toString(36)}`);
});

describe('sendError', () => {
  async function sent(answer: ErrorAnswer) {
    const { connection, responses } = await requestsOf({});
    for (const res of responses) sendError(res, answer);
    await settled();
    return answerIn(connection.received);
  }

  it('sends the whole error under its name and the id of the request', async () => {
    const body = errorBody('busy', 'r', { leftFamily: 'one' });
    const answer = await sent({
      ...{ name: 'busy', requestId: 'r', leftFamily: 'one', retryAfterMs: 1_001 },
    });
    expect(answer).toMatchObject({ status: 503, body, isWhole: true });
    expect(answer?.headers).toMatchObject({
      ...{ 'content-type': 'application/json', 'content-length': String(body.length) },
      ...{ 'request-id': 'r', 'x-zephyr-error': 'busy', 'x-zephyr-left-family': 'one' },
      'retry-after': '2',
    });
    expect(answer?.headers).not.toHaveProperty('x-should-retry');
  });

  it('forbids retries of a final error, and gives a request without an id one', async () => {
    const answer = await sent({ name: 'not_found' });
    expect(answer?.headers).toMatchObject({
      ...{ 'x-should-retry': 'false', 'request-id': expect.stringMatching(/^zephyr_/) },
    });
    expect(JSON.parse(answer?.body ?? '').request_id).toBe(answer?.headers['request-id']);
    for (const absent of ['retry-after', 'x-zephyr-left-family']) {
      expect(answer?.headers).not.toHaveProperty(absent);
    }
  });

  it('has a client wait for the end of a limit of ours, and a minute at most for endpoints', async () => {
    const [ours, theirs] = [
      await sent({ name: 'over_limit', retryAfterMs: 90_000 }),
      await sent({ name: 'rate_limited', retryAfterMs: 90_000 }),
    ];
    expect(ours?.headers).toMatchObject({ 'retry-after': '90', 'x-should-retry': 'false' });
    expect(theirs?.headers).toMatchObject({ 'retry-after': '60' });
    expect(theirs?.headers).not.toHaveProperty('x-should-retry');
  });

  it('cuts an answer that has begun, so that nobody takes it for whole', async () => {
    const { connection, responses } = await requestsOf({});
    for (const res of responses) {
      res.writeHead(200, { 'content-length': '9' });
      res.write('begun');
    }
    await settled();
    for (const res of responses) sendError(res, { name: 'internal' });
    await settled();
    expect(answerIn(connection.received)).toMatchObject({ body: 'begun', isWhole: false });
    expect(connection.destroyed).toBe(true);
  });
});

describe('errorOfFailure', () => {
  const OWN: Partial<Record<FailureClass, ErrorName>> = {
    ...{ rate_limited: 'rate_limited', overloaded: 'overloaded', unsupported: 'unsupported' },
    // Never suggests to a client that its own login was refused.
    ...{ token_refused: 'token_refused', credit: 'token_refused' },
    ...{ connect_timeout: 'upstream_timeout', first_byte_timeout: 'upstream_timeout' },
    ...{ idle_timeout: 'upstream_timeout', timeout: 'upstream_timeout' },
  };

  it.each(FAILURE_CLASSES)('is the same for clients whatever failed inside: %s', (failure) => {
    expect(errorOfFailure(failure)).toBe(OWN[failure] ?? 'upstream_failed');
  });
});
