import { describe, expect, it } from 'vitest';

import { answerIn, requestsOf, settled } from '../test-support/memory-client.ts';
import type { BufferedAnswer } from './buffered-answer.ts';
import { canBePassed, passRefusal } from './pass-refusal.ts';

const error = { type: 'not_found_error', code: '', message: '' };

describe('canBePassed', () => {
  it.each([
    ['an error of the API', 404, 'model_not_found', error, true],
    ['the first status of errors', 400, 'client_error', error, true],
    ['the last one', 599, 'server_error', error, true],
    ['no error status', 399, 'not_claude', error, false],
    ['no status of HTTP', 600, 'not_claude', error, false],
    ['not in the words of the API', 404, 'not_claude', undefined, false],
    ['a refusal of our token', 401, 'token_refused', error, false],
  ] as const)('%s: %i', (_, status, failure, of, isPassed) => {
    expect(canBePassed(status, failure, of)).toBe(isPassed);
  });
});

describe('passRefusal', () => {
  const refusal = {
    status: 529,
    headers: {
      ...{ 'content-type': 'text/plain', 'content-length': '999', 'retry-after': '7' },
      ...{ 'x-should-retry': 'true', 'set-cookie': ['a=b'] },
    },
    buffered: [Buffer.from('{"error":'), Buffer.from('"zu groß"}')],
  } as unknown as BufferedAnswer;

  async function passed(about: Partial<Parameters<typeof passRefusal>[2]> = {}) {
    const { connection, responses } = await requestsOf({});
    for (const res of responses) {
      const usual = { isLast: false, leftFamily: undefined, soonerMs: undefined };
      passRefusal(res, refusal, { ...usual, ...about });
    }
    await settled();
    return { connection, answer: answerIn(connection.received) };
  }

  it("passes on the endpoint's status, its advice on retries, and its whole body as JSON", async () => {
    const { connection, answer } = await passed();
    const body = Buffer.from('{"error":"zu groß"}');
    expect(answer).toMatchObject({
      ...{ status: 529, body: body.toString('latin1'), isWhole: true },
      headers: {
        ...{ 'retry-after': '7', 'x-should-retry': 'true', 'content-type': 'application/json' },
        ...{ 'content-length': String(body.length), connection: 'keep-alive' },
      },
    });
    expect(Object.keys(answer?.headers ?? {})).not.toContain('set-cookie');
    expect(connection.destroyed).toBe(false);
  });

  it('replaces its advice if another endpoint may answer sooner', async () => {
    const { answer } = await passed({ soonerMs: 1_200 });
    expect(answer?.headers).toMatchObject({ 'retry-after': '2' });
    expect(Object.keys(answer?.headers ?? {})).not.toContain('x-should-retry');
    const late = await passed({ soonerMs: 61_000 });
    expect(late.answer?.headers).toMatchObject({ 'retry-after': '60' });
    expect(Object.keys(late.answer?.headers ?? {})).not.toContain('x-should-retry');
  });

  it('names the family that the request has left, only if it has left one', async () => {
    const headersOf = async (leftFamily: string | undefined) =>
      (await passed({ leftFamily })).answer?.headers ?? {};
    expect(await headersOf('opus')).toMatchObject({ 'x-zephyr-left-family': 'opus' });
    expect(Object.keys(await headersOf(undefined))).not.toContain('x-zephyr-left-family');
  });

  it('closes the connection that accepts no further request', async () => {
    const { connection, answer } = await passed({ isLast: true });
    expect(answer).toMatchObject({ isWhole: true, headers: { connection: 'close' } });
    expect(connection.destroyed).toBe(true);
  });
});
