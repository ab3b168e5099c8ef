import type { IncomingMessage } from 'node:http';

import { expect, it } from 'vitest';

import type { JudgedAs } from './answer-gate.ts';
import { MAX_REFUSAL_BYTES, refusalOf } from './refusal.ts';

const ERROR = '{"type":"error","error":{"type":"overloaded_error","message":"busy"}}';

interface Setup {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly judgedAs?: JudgedAs;
}

const refusal = ({ status = 529, body = ERROR, headers = {}, judgedAs = 'message' }: Setup) =>
  refusalOf(
    { statusCode: status, headers } as unknown as IncomingMessage,
    body === '' ? [] : [Buffer.from(body.slice(0, 10)), Buffer.from(body.slice(10))],
    judgedAs,
  );

it('names status, failure and error', () => {
  expect(refusal({})).toMatchObject({
    ...{ status: 529, failure: 'overloaded', error: { type: 'overloaded_error' } },
  });
});

it('reads the content type, in any case, if the body is compressed', () => {
  const of = (headers: Record<string, string>) =>
    refusal({ status: 403, body: '\u001f\u008b', headers }).failure;
  expect(of({ 'content-type': 'APPLICATION/JSON' })).toBe('forbidden');
  expect(of({ 'content-type': 'text/html' })).toBe('not_claude');
  expect(of({})).toBe('not_claude');
});

it.each<[JudgedAs, number, boolean]>([
  ['list', 404, true],
  ['count', 405, true],
  ['nothing', 501, true],
  ['list', 500, false],
  ['list', 403, false],
  ['message', 404, false],
  ['message', 405, false],
  ['message', 501, false],
])('an answer judged as %s with status %i may be about the operation: %j', (...row) => {
  const [judgedAs, status, isUnsupported] = row;
  expect(refusal({ judgedAs, status, body: '' }).failure === 'unsupported').toBe(isUnsupported);
});

it.each([
  ['its error is readable', {}, true],
  ['there is no error', { body: 'nothing' }, false],
  ['the error is half there', { body: ERROR.slice(0, -5) }, false],
  ['a length announces it', { headers: { 'content-length': '500' } }, false],
])('is whole, whatever happens to its connection, if %s', (_when, setup, isWhole) => {
  expect(refusal(setup).isWhole).toBe(isWhole);
});

it('reads the error only in the first 64 KiB', () => {
  const padded = (bytes: number) => ERROR.replace('{', `{${' '.repeat(bytes - ERROR.length)}`);
  expect(refusal({ body: padded(MAX_REFUSAL_BYTES) }).error).toBeDefined();
  expect(refusal({ body: padded(MAX_REFUSAL_BYTES + 1) }).error).toBeUndefined();
  expect(MAX_REFUSAL_BYTES).toBe(65_536);
});
