/** An attempt's connection, and what it leaves behind when it has settled or is aborted. */
import { eventsOf } from '@zephyr/testkit/upstream-scripts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { startAttempt, TIMES } from '../test-support/attempt-rig.ts';

const [START = '', BLOCK_START = '', CONTENT = ''] = eventsOf();

// By this clock all data belongs to one burst.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the connection of an attempt', () => {
  it('with TLS counts once the handshake is done', async () => {
    const { connect, attempt, socket, counts } = startAttempt({ isTls: true });
    socket.emit('connect');
    expect([attempt.isConnecting, counts.bodiesTaken]).toEqual([true, 0]);
    await connect();
    expect([attempt.isConnecting, counts.bodiesTaken]).toEqual([false, 1]);
  });

  it('that is reused takes the body at once', () => {
    const { attempt, counts } = startAttempt({ isReused: true });
    expect([attempt.isConnecting, counts.bodiesTaken]).toEqual([false, 1]);
  });

  it('takes no body after the attempt is aborted: another endpoint may get it', async () => {
    const { attempt, connect, counts, isWaiting } = startAttempt();
    attempt.abort();
    await connect();
    expect([counts.bodiesTaken, isWaiting()]).toEqual([0, false]);
  });

  it.each([
    { code: 'ECONNREFUSED', failure: 'connection_refused' },
    { code: 'ENOTFOUND', failure: 'dns' },
  ])('fails with $code: nothing was sent', ({ code, failure }) => {
    const { fail, results, counts, isWaiting } = startAttempt();
    fail(code);
    expect(results).toMatchObject([{ failure, phase: 'connecting', retryAfterMs: undefined }]);
    expect([counts.aborts, isWaiting()]).toEqual([1, false]);
  });
});

describe('an attempt that has settled', () => {
  it('reports nothing more, whatever arrives', async () => {
    const { clock, results, attempt, connect, answer, fail, upstream } = startAttempt();
    await connect();
    attempt.abort();
    attempt.abort();
    const { give, incoming } = answer();
    give(START);
    incoming.emit('close');
    vi.runAllTimers();
    fail('ECONNRESET');
    upstream.emit('information');
    clock.advance(600_000);
    expect(results).toEqual([]);
  });

  it.each([
    { code: 'ECONNRESET', isReused: true, isAnswered: false, isStaleConnection: true },
    { code: 'EPIPE', isReused: true, isAnswered: false, isStaleConnection: true },
    { code: 'HPE_INVALID_METHOD', isReused: true, isAnswered: false, isStaleConnection: false },
    { code: 'ECONNRESET', isReused: false, isAnswered: false, isStaleConnection: false },
    { code: 'ECONNRESET', isReused: true, isAnswered: true, isStaleConnection: false },
  ])(
    'knows whether an idle connection had died: $code, reused $isReused, answered $isAnswered',
    async (about) => {
      const { results, connect, answer, fail } = startAttempt({ isReused: about.isReused });
      await connect();
      if (about.isAnswered) answer();
      fail(about.code);
      expect(results).toMatchObject([{ isStaleConnection: about.isStaleConnection }]);
    },
  );

  it('reports a burst once, also with its end and the end of its connection', async () => {
    const { results, connect, answer } = startAttempt();
    await connect();
    answer().end(START, BLOCK_START, CONTENT);
    expect(results).toHaveLength(1);
  });

  it('leaves the deadline to the caller, who may use it immediately', async () => {
    const onExpired = vi.fn();
    const { clock, results, attempt, connect, answer, counts } = startAttempt({
      onSettled: (deadline) => deadline.start(330_000, onExpired),
    });
    await connect();
    answer().give(START + BLOCK_START + CONTENT);
    expect(results).toMatchObject([{ kind: 'committed' }]);
    attempt.abort();
    clock.advance(329_999);
    expect(onExpired).not.toHaveBeenCalled();
    clock.advance(1);
    expect([onExpired.mock.calls.length, counts.aborts]).toEqual([1, 0]);
  });

  it.each([
    { name: 'aborted while it was judged', code: 200, isAborted: true },
    { name: 'judged by its status', code: 503, isAborted: false },
  ])('processes nothing more of an answer $name', async ({ code, isAborted }) => {
    const { clock, attempt, bursts, connect, answer, counts, isWaiting } = startAttempt();
    await connect();
    const { give } = answer(code);
    give(START);
    if (isAborted) attempt.abort();
    else clock.advance(1_000);
    expect([counts.aborts, isWaiting()]).toEqual([1, false]);
    const run = vi.spyOn(bursts, 'run');
    give(BLOCK_START);
    expect(run).not.toHaveBeenCalled();
  });

  it('reads and drops an answer that comes too late', async () => {
    const { clock, results, connect, answer } = startAttempt();
    await connect();
    clock.advance(TIMES.firstByteMs);
    expect(answer().incoming.isDrained).toBe(true);
    expect(results).toHaveLength(1);
  });
});
