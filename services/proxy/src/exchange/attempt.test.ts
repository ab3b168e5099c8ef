/** The waits of one attempt, by ticks: each limit fires at its own time, and only in its own state. */
import { eventsOf } from '@zephyr/testkit/upstream-scripts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { startAttempt, TIMES } from '../test-support/attempt-rig.ts';

const [START = '', BLOCK_START = '', ...REST] = eventsOf();

// By this clock all data belongs to one burst.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the waits of an attempt', () => {
  it('for a connection: the whole limit, then the attempt fails as connecting', () => {
    const { clock, results, attempt, counts } = startAttempt();
    clock.advance(TIMES.connectMs - 1);
    expect([results, attempt.isConnecting]).toEqual([[], true]);
    clock.advance(1);
    expect(results).toMatchObject([{ failure: 'connect_timeout', phase: 'connecting' }]);
    expect(counts.aborts).toBe(1);
    clock.advance(600_000);
    expect(results).toHaveLength(1);
  });

  it('for the first byte: from the connection on', async () => {
    const { clock, results, connect } = startAttempt();
    clock.advance(TIMES.connectMs - 1);
    await connect();
    clock.advance(TIMES.firstByteMs - 1);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toMatchObject([{ failure: 'first_byte_timeout', phase: 'sent' }]);
  });

  it('for the first byte: not while the client is still uploading', async () => {
    const { clock, results, connect, upstream } = startAttempt({ isBuffered: false });
    await connect();
    clock.advance(600_000);
    expect(results).toEqual([]);
    upstream.emit('finish');
    clock.advance(TIMES.firstByteMs);
    expect(results).toMatchObject([{ failure: 'first_byte_timeout' }]);
  });

  it('for the first byte: also if the endpoint sent its headers during the upload', async () => {
    const { clock, results, connect, upstream, answer } = startAttempt({ isBuffered: false });
    await connect();
    answer().give('\n');
    clock.advance(600_000);
    expect(results).toEqual([]);
    upstream.emit('finish');
    clock.advance(TIMES.firstByteMs);
    expect(results).toMatchObject([{ failure: 'first_byte_timeout', phase: 'answered' }]);
  });

  it.each([
    { name: 'an answer has begun', code: 200, data: START, timeoutMs: TIMES.gateMs },
    { name: 'an error has', code: 500, data: '', timeoutMs: 1_000 },
  ])('for the first byte: not at the end of the upload if $name', async (about) => {
    const { clock, results, connect, upstream, answer } = startAttempt({ isBuffered: false });
    await connect();
    answer(about.code).give(about.data);
    clock.advance(about.timeoutMs - 1);
    upstream.emit('finish');
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toHaveLength(1);
  });

  it('for the first byte: without waking up meanwhile', async () => {
    const { clock, connect } = startAttempt();
    const setTimer = vi.spyOn(clock, 'setTimer');
    await connect();
    clock.advance(TIMES.firstByteMs);
    expect(setTimer).toHaveBeenCalledTimes(1);
  });

  it('for the first byte: headers and white space do not count', async () => {
    const { clock, results, connect, answer } = startAttempt();
    await connect();
    const { give } = answer();
    for (let round = 0; round < 8; round += 1) {
      clock.advance(5_000);
      give('\n');
    }
    clock.advance(4_999);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toMatchObject([{ failure: 'first_byte_timeout', phase: 'answered' }]);
  });

  it('for content after the start of a stream: then the client should see the pings', async () => {
    const { clock, results, connect, answer } = startAttempt();
    await connect();
    clock.advance(TIMES.firstByteMs - 1);
    const { give } = answer();
    give(START);
    clock.advance(TIMES.gateMs - 1);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toMatchObject([{ kind: 'committed', answer: { hasEnded: false } }]);
  });

  it('for content after the start of a stream: pings do not prolong it', async () => {
    const { clock, results, connect, answer } = startAttempt();
    await connect();
    const { give } = answer();
    give(START);
    clock.advance(TIMES.gateMs - 1);
    give(BLOCK_START);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toMatchObject([{ kind: 'committed' }]);
  });

  it('for the body of a refusal: its status is known already', async () => {
    const { clock, results, connect, answer } = startAttempt();
    await connect();
    answer(503);
    clock.advance(999);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toMatchObject([{ failure: 'server_error', answer: undefined }]);
  });

  it.each([
    { code: 529, type: 'overloaded_error', kind: 'failed' },
    { code: 400, type: 'invalid_request_error', kind: 'passed' },
  ])(
    'for the end of a $code that is never closed: its error can already be read',
    async ({ code, type, kind }) => {
      const { clock, results, connect, answer, counts } = startAttempt();
      await connect();
      answer(code).give(JSON.stringify({ type: 'error', error: { type, message: '' } }));
      clock.advance(1_000);
      expect(results).toMatchObject([{ kind, answer: { status: code, hasEnded: true } }]);
      expect(counts.aborts).toBe(1);
    },
  );

  it('for a whole answer end at the next check of other requests, or at the limit', async () => {
    let isSilent = false;
    const left = startAttempt({ isSilent: () => isSilent });
    await left.connect();
    left.clock.advance(6_500);
    isSilent = true;
    left.clock.advance(499);
    expect(left.results).toEqual([]);
    left.clock.advance(1);
    expect(left.results).toMatchObject([{ failure: 'first_byte_timeout', phase: 'sent' }]);

    const patient = startAttempt({ isSilent: () => false });
    await patient.connect();
    for (let ms = 0; ms < TIMES.firstByteMs - 500; ms += 500) patient.clock.advance(500);
    expect(patient.results).toEqual([]);
    patient.clock.advance(500);
    expect(patient.results).toMatchObject([{ failure: 'first_byte_timeout' }]);
  });

  it('end with the answer', async () => {
    const { clock, results, connect, answer } = startAttempt();
    await connect();
    const { give } = answer();
    give(START, BLOCK_START, ...REST);
    expect(results).toMatchObject([{ kind: 'committed' }]);
    clock.advance(600_000);
    expect(results).toHaveLength(1);
  });

  it('end with the data before an error, also in the same burst', async () => {
    const { results, connect, answer, fail } = startAttempt();
    await connect();
    const { incoming } = answer();
    for (const event of [START, BLOCK_START, ...REST]) incoming.emit('data', Buffer.from(event));
    expect(results).toEqual([]);
    fail('ECONNRESET');
    expect(results).toMatchObject([{ kind: 'committed' }]);
  });

  it('restart if our own pause outlasted them', async () => {
    const { clock, results, connect, answer } = startAttempt();
    await connect();
    clock.block(TIMES.firstByteMs + 3_000);
    expect(results).toEqual([]);
    const { give } = answer();
    give(START, BLOCK_START, ...REST);
    expect(results).toMatchObject([{ kind: 'committed' }]);
  });
});
