/** The waits while an answer is relayed, by ticks: for the endpoint, for the client, for trailing data. */
import { eventsOf } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';

import { SLOW_BYTES, settled } from '../test-support/memory-client.ts';
import { IDLE_MS, STALL_MS, startRelay } from '../test-support/relaying.ts';

const EVENTS = eventsOf();
const [FIRST = '', SECOND = ''] = EVENTS;
const PING = 'event: ping\ndata: {"type":"ping"}\n\n';
const IDLE_TIMEOUT = { kind: 'cut', failure: 'idle_timeout' };

describe('the wait for the endpoint', () => {
  it('begins with the answer, before any of it', async () => {
    const { clock, results, endpoint } = await startRelay();
    clock.advance(IDLE_MS - 1);
    expect(results).toEqual([]);
    clock.advance(1);
    expect([results, endpoint.isClosed]).toEqual([[IDLE_TIMEOUT], true]);
  });

  it('restarts with each chunk, including pings', async () => {
    const { clock, results, endpoint } = await startRelay();
    endpoint.give(FIRST, SECOND);
    for (let round = 0; round < 5; round += 1) {
      clock.advance(IDLE_MS - 1);
      endpoint.give(PING);
    }
    expect(results).toEqual([]);
    clock.advance(IDLE_MS - 1);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toEqual([IDLE_TIMEOUT]);
  });

  it('does not run while the client is slow', async () => {
    const { results, give, advance, connection, endpoint } = await startRelay({ isSlow: true });
    await give(...EVENTS.slice(0, 3));
    expect(endpoint.isPaused).toBe(true);
    for (let waitedMs = 0; waitedMs <= IDLE_MS; waitedMs += STALL_MS) {
      connection.takeOne();
      await advance(STALL_MS);
    }
    expect([results, connection.destroyed, endpoint.isPaused]).toEqual([[], false, true]);
  });
});

describe('the wait for the client', () => {
  it('ends when it has read nothing for the whole limit', async () => {
    const { give, advance, connection, results, endpoint } = await startRelay({ isSlow: true });
    await give(FIRST);
    await advance(STALL_MS - 1);
    connection.takeOne();
    await advance(1);
    expect(connection.destroyed).toBe(false);
    await advance(STALL_MS - 1);
    expect(connection.destroyed).toBe(false);
    await advance(1);
    expect([connection.destroyed, endpoint.isClosed]).toEqual([true, true]);
    expect(results).toEqual([{ kind: 'client_gone' }]);
  });

  it('is one, however many pieces were buffered', async () => {
    const waitsWith = async (buffered: readonly string[]): Promise<number> => {
      const { connection, responses, endpoint } = await startRelay({ isSlow: true, buffered });
      expect(endpoint.isPaused).toBe(true);
      const on = [connection, ...responses].map((emitter) => emitter.listenerCount('drain'));
      return on.reduce((sum, count) => sum + count);
    };
    expect(await waitsWith(EVENTS)).toBe(await waitsWith([FIRST]));
  });

  it('takes nothing that still arrives for progress of the client, nor for the end of its wait', async () => {
    const { clock, connection, endpoint, results } = await startRelay({
      ...{ isSlow: true, buffered: EVENTS },
    });
    await settled();
    while (connection.writableLength >= SLOW_BYTES && connection.takeOne());
    expect(connection.writableNeedDrain).toBe(true);
    clock.advance(STALL_MS + 1_000);
    endpoint.give(':\n\n');
    clock.advance(STALL_MS - 1_001);
    expect([results, connection.destroyed]).toEqual([[], false]);
    clock.advance(1);
    expect(connection.destroyed).toBe(true);
  });

  it('continues while an earlier answer has the connection, and starts when that has ended', async () => {
    const { responses, give, advance, connection } = await startRelay({
      ...{ isSlow: true, isBehind: true },
    });
    await give(FIRST);
    await advance(20 * STALL_MS);
    expect(connection.destroyed).toBe(false);
    connection.catchUp();
    responses[0]?.prependListener('finish', () => {
      connection.isSlow = true;
    });
    responses[0]?.end();
    await advance(STALL_MS - 1);
    expect(connection.destroyed).toBe(false);
    await advance(1 + STALL_MS);
    expect(connection.destroyed).toBe(true);
  });

  it('ends when it has caught up: the wait for the endpoint resumes', async () => {
    const { advance, results, give, connection, endpoint } = await startRelay({ isSlow: true });
    await give(FIRST);
    connection.catchUp();
    await advance(IDLE_MS - 1);
    expect([endpoint.isPaused, results, connection.destroyed]).toEqual([false, [], false]);
    await advance(1);
    expect(results).toEqual([IDLE_TIMEOUT]);
  });

  it('begins again each time that it falls behind', async () => {
    const { advance, give, connection, endpoint } = await startRelay({ isSlow: true });
    for (const event of EVENTS.slice(0, 3)) {
      connection.isSlow = true;
      await give(event);
      expect(endpoint.isPaused).toBe(true);
      connection.catchUp();
      await advance(STALL_MS);
      expect([endpoint.isPaused, connection.destroyed]).toEqual([false, false]);
    }
    connection.isSlow = true;
    await give(FIRST);
    await advance(STALL_MS);
    expect(connection.destroyed).toBe(true);
  });
});

describe('the wait for the client, after the end of the answer', () => {
  it('continues with what is left of the limit, until it has the last bytes', async () => {
    const { advance, results, give, end, connection } = await startRelay({ isSlow: true });
    await give(...EVENTS);
    await advance(STALL_MS - 1);
    await end();
    expect(results).toMatchObject([{ kind: 'complete' }]);
    expect(connection.destroyed).toBe(false);
    await advance(1);
    expect(connection.destroyed).toBe(true);
  });

  it('begins even for a single last byte', async () => {
    const { advance, results, give, end, connection } = await startRelay({
      ...{ isSlow: true, form: 'document', headers: { 'content-length': '2' } },
    });
    await give('{');
    connection.catchUp();
    await advance(IDLE_MS - 1);
    connection.isSlow = true;
    await give('}');
    await end();
    expect(results).toMatchObject([{ kind: 'complete' }]);
    await advance(STALL_MS - 1);
    expect(connection.destroyed).toBe(false);
    await advance(1);
    expect(connection.destroyed).toBe(true);
  });

  it('ends once it has them, and nothing is waited for any more', async () => {
    const { advance, results, give, end, connection, received, isWaiting } = await startRelay({
      isSlow: true,
    });
    await give(...EVENTS);
    await end();
    expect(isWaiting()).toBe(true);
    connection.catchUp();
    await advance(0);
    expect(received()).toMatchObject({ body: EVENTS.join(''), isWhole: true });
    expect(isWaiting()).toBe(false);
    await advance(2 * IDLE_MS);
    expect([results.length, connection.destroyed]).toEqual([1, false]);
  });

  it('does not begin if it has everything', async () => {
    const { results, give, end, isWaiting, received } = await startRelay({
      ...{ form: 'document', headers: { 'content-length': '2' } },
    });
    await give('{}');
    await end();
    expect(received()).toMatchObject({ body: '{}', isWhole: true });
    expect(results).toMatchObject([{ kind: 'complete' }]);
    expect(isWaiting()).toBe(false);
  });
});

describe('the wait for trailing data after a whole answer', () => {
  it('ends 250 ms after the last chunk: the client gets its end, the endpoint is released', async () => {
    const { advance, results, give, received, endpoint } = await startRelay();
    await give(...EVENTS);
    await advance(249);
    expect([received()?.isWhole, results]).toEqual([false, []]);
    await give('data: [DONE]\n\n');
    await advance(249);
    expect(received()?.isWhole).toBe(false);
    await advance(1);
    expect([received()?.isWhole, endpoint.isClosed]).toEqual([true, true]);
    expect(results).toEqual([{ kind: 'complete', failure: undefined }]);
    expect(received()?.body).toBe(`${EVENTS.join('')}data: [DONE]\n\n`);
  });

  it('ends after 2 s, however much follows', async () => {
    const { clock, results, endpoint } = await startRelay();
    endpoint.give(...EVENTS);
    for (let atMs = 0; atMs < 1_900; atMs += 100) {
      clock.advance(100);
      endpoint.give(PING);
    }
    expect(results).toEqual([]);
    clock.advance(100);
    expect(results).toMatchObject([{ kind: 'complete' }]);
  });

  it('ends at once if more follows later than that, after a pause of this process', async () => {
    const { clock, results, endpoint } = await startRelay();
    endpoint.give(...EVENTS);
    clock.block(3_000);
    endpoint.give(PING);
    expect(results).toEqual([]);
    clock.advance(0);
    expect(results).toMatchObject([{ kind: 'complete' }]);
  });

  it('is the wait for the endpoint if the answer has a length', async () => {
    const { clock, results, endpoint } = await startRelay({
      headers: { 'content-length': '5000' },
    });
    endpoint.give(...EVENTS);
    clock.advance(IDLE_MS - 1);
    expect(results).toEqual([]);
    clock.advance(1);
    expect(results).toEqual([IDLE_TIMEOUT]);
  });

  it('begins after the client has caught up', async () => {
    const { advance, results, give, connection } = await startRelay({ isSlow: true });
    await give(...EVENTS);
    await advance(1_900);
    connection.catchUp();
    await advance(99);
    expect(results).toEqual([]);
    await advance(1);
    expect(results).toMatchObject([{ kind: 'complete' }]);
  });
});
