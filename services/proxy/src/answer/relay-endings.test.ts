/** How a relayed answer starts and ends for its client: half of it must never look like all of it. */
import { answerEndOf } from '@zephyr/core';
import { eventsOf } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, vi } from 'vitest';

import { settled } from '../test-support/memory-client.ts';
import { IDLE_MS, type RelaySetup, STALL_MS, startRelay } from '../test-support/relaying.ts';
import type { Relay } from './relay.ts';

const EVENTS = eventsOf();
const [FIRST = '', SECOND = ''] = EVENTS;
const MESSAGE = '{"type":"message","content":[]}';
const TRUNCATED = { kind: 'cut', failure: 'truncated' };
const COMPLETE = { kind: 'complete', failure: undefined };
/** More than a connection takes at once. */
const AFTER_THE_END = `:${' '.repeat(70_000)}\n\n`;
const CLIENT_GONE = { kind: 'client_gone' };

const declared = (text: string): RelaySetup => ({
  form: 'document',
  headers: { 'content-length': String(text.length) },
});

describe('the start of an answer', () => {
  it('is its status and headers, before any of its content', async () => {
    const { received } = await startRelay({ status: 201, headers: { 'request-id': 'r1' } });
    await settled();
    expect(received()).toMatchObject({
      ...{ status: 201, body: '', isWhole: false },
      headers: { 'request-id': 'r1', 'x-zephyr-endpoint': 'e1' },
    });
  });

  it('is what was buffered, in front of what follows', async () => {
    const { give, received } = await startRelay({ buffered: [FIRST, SECOND] });
    await settled();
    expect(received()).toMatchObject({ status: 200, body: FIRST + SECOND });
    await give(...EVENTS.slice(2));
    expect(received()?.body).toBe(EVENTS.join(''));
  });

  it('is all of an answer that has ended while it was buffered', async () => {
    const { results, received } = await startRelay({ buffered: EVENTS, hasEnded: true });
    await settled();
    expect(received()).toMatchObject({ body: EVENTS.join(''), isWhole: true });
    expect(results).toEqual([COMPLETE]);
  });

  it('is cut if half of an answer has ended while it was buffered', async () => {
    const { results, received, connection } = await startRelay({
      buffered: [FIRST],
      hasEnded: true,
    });
    await settled();
    expect([received()?.isWhole, connection.destroyed]).toEqual([false, true]);
    expect(results).toEqual([TRUNCATED]);
  });

  it('is searched for the end if that has not been done', async () => {
    const { clock, results } = await startRelay({ buffered: EVENTS });
    clock.advance(250);
    expect(results).toEqual([COMPLETE]);
  });

  it.each([
    { name: 'all of it', buffered: MESSAGE, rest: '' },
    { name: 'half of it', buffered: MESSAGE.slice(0, 9), rest: MESSAGE.slice(9) },
  ])('is not searched again if $name has been', async ({ buffered, rest }) => {
    const end = answerEndOf('document');
    end?.push(buffered);
    const setup: RelaySetup = end === undefined ? {} : { end };
    const { clock, give, results } = await startRelay({
      ...{ ...setup, form: 'document', buffered: [buffered] },
    });
    clock.advance(249);
    if (rest !== '') await give(rest);
    expect(results).toEqual([]);
    clock.advance(250);
    expect(results).toEqual([COMPLETE]);
  });

  it('is not taken for all of it because it has been searched: it can be cut', async () => {
    const end = answerEndOf('stream');
    end?.push(FIRST);
    const setup: RelaySetup = end === undefined ? {} : { end };
    const { endpoint, results, received } = await startRelay({ ...setup, buffered: [FIRST] });
    endpoint.emit('close');
    await settled();
    expect([results, received()?.isWhole]).toEqual([[TRUNCATED], false]);
  });
});

describe('an answer of the Messages API', () => {
  it('is cut if its endpoint ends it before its last event', async () => {
    const { results, give, end, received, connection } = await startRelay();
    await give(...EVENTS.slice(0, -1));
    await end();
    expect(results).toEqual([TRUNCATED]);
    expect([connection.destroyed, connection.isReset]).toEqual([true, false]);
    expect(received()).toMatchObject({ body: EVENTS.slice(0, -1).join(''), isWhole: false });
  });

  it('is cut if the connection closes before', async () => {
    const { results, give, endpoint, connection } = await startRelay();
    await give(FIRST);
    endpoint.emit('close');
    await settled();
    expect([results, connection.destroyed]).toEqual([[TRUNCATED], true]);
  });

  it('is reset for a client of HTTP/1.0, which takes a close for the end', async () => {
    const { results, give, end, connection } = await startRelay({ httpVersion: '1.0' });
    await give(FIRST);
    await end();
    expect([results, connection.isReset]).toEqual([[TRUNCATED], true]);
  });

  it('is complete after its last event, also if that has no line end', async () => {
    const { results, give, end, received } = await startRelay();
    await give('data: {"type":"message_stop"}');
    await end();
    expect(results).toEqual([COMPLETE]);
    expect(received()?.isWhole).toBe(true);
  });

  it('is complete if the connection closes or is cut after its last event', async () => {
    for (const stop of [
      (relay: Relay) => relay.onClosed(),
      (relay: Relay) => relay.cut('timeout'),
      (relay: Relay) => relay.cutWithEvent('bye'),
    ]) {
      const { results, give, endpoint, relay, received, connection } = await startRelay();
      await give(...EVENTS);
      stop(relay);
      await settled();
      expect(results).toEqual([COMPLETE]);
      expect(received()).toMatchObject({ body: EVENTS.join(''), isWhole: true });
      expect([endpoint.isClosed, connection.destroyed]).toEqual([true, false]);
    }
  });

  it('stays complete for a client that falls behind after its last event', async () => {
    const { results, give, relay, connection } = await startRelay();
    await give(...EVENTS);
    connection.isSlow = true;
    await give(AFTER_THE_END);
    relay.cut('timeout');
    expect(results).toEqual([COMPLETE]);
  });

  it.each([
    ['of a known type', '{"error":{"type":"overloaded_error"}}', 'overloaded'],
    ['of an unknown type', '{"error":{"type":"strange"}}', 'server_error'],
    ['that is not JSON', 'oops', 'server_error'],
  ])('is complete with an error %s, and a failure', async (_, data, failure) => {
    const { results, give, end, received } = await startRelay();
    await give(FIRST, `event: error\ndata: ${data}\n\n`);
    await end();
    expect(results).toEqual([{ kind: 'complete', failure }]);
    expect(received()?.isWhole).toBe(true);
  });

  it('reports the tokens that it has reported', async () => {
    const { relay, give } = await startRelay();
    expect(relay.usage).toBeUndefined();
    await give(...EVENTS);
    expect(relay.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
  });
});

describe('an answer whose end cannot be recognised', () => {
  it.each<{ name: string; setup: RelaySetup }>([
    { name: 'unread', setup: { form: 'unread' } },
    { name: 'not of the Messages API', setup: { form: 'document', isMessages: false } },
  ])('$name: ends for the client when its endpoint ends it', async ({ setup }) => {
    const { results, relay, give, end, received } = await startRelay(setup);
    await give('{"usage":{"input_tokens":3},');
    await end();
    expect([results, relay.usage]).toEqual([[COMPLETE], undefined]);
    expect(received()).toMatchObject({ body: '{"usage":{"input_tokens":3},', isWhole: true });
  });

  it('is cut if the connection closes', async () => {
    const { results, give, endpoint } = await startRelay({ form: 'unread' });
    await give('{');
    endpoint.emit('close');
    expect(results).toEqual([TRUNCATED]);
  });

  it('ends with the last byte that it declared', async () => {
    const { results, give, received } = await startRelay({ ...declared('xyz'), form: 'unread' });
    await give('xyz');
    expect(received()).toMatchObject({ body: 'xyz', isWhole: true });
    expect(results).toEqual([COMPLETE]);
  });
});

describe('an answer of a declared length', () => {
  it('ends for its client with its last byte', async () => {
    const { results, give, received } = await startRelay(declared(MESSAGE));
    await give(MESSAGE.slice(0, 9));
    expect([received()?.isWhole, results]).toEqual([false, []]);
    await give(MESSAGE.slice(9));
    expect(received()).toMatchObject({ body: MESSAGE, isWhole: true });
    expect(results).toEqual([COMPLETE]);
  });

  it('is complete if the client has left with all of it, before its endpoint ends it', async () => {
    const { results, relay, endpoint } = await startRelay({ ...declared(MESSAGE), isSlow: true });
    endpoint.give(MESSAGE);
    relay.clientGone();
    expect(results).toEqual([COMPLETE]);
  });

  it('is cut before its last byte if half a message has that length', async () => {
    const half = MESSAGE.slice(0, -1);
    const { results, endpoint, received, connection } = await startRelay(declared(half));
    endpoint.give(half.slice(0, 9), half.slice(9));
    expect(results).toEqual([TRUNCATED]);
    await settled();
    expect(received()).toMatchObject({ body: half.slice(0, -1), isWhole: false });
    expect([endpoint.isClosed, connection.destroyed]).toEqual([true, true]);
  });

  it('gets nothing in place of the byte that is left out', async () => {
    const half = MESSAGE.slice(0, -1);
    const { results, received } = await startRelay({ ...declared(half), buffered: [half, 'x'] });
    await settled();
    expect(received()).toMatchObject({ body: half.slice(0, -1), isWhole: false });
    expect(results).toEqual([TRUNCATED]);
  });

  it('ends with its last byte also if its last event has no blank line', async () => {
    const events = 'data: {"type":"content_block_delta"}\n\ndata: {"type":"message_stop"}';
    const { results, give, received } = await startRelay({ ...declared(events), form: 'stream' });
    await give(events);
    expect(received()).toMatchObject({ body: events, isWhole: true });
    expect(results).toEqual([COMPLETE]);
  });

  it('is cut after its last event if bytes are missing: they were announced', async () => {
    const { results, give, endpoint, received } = await startRelay({
      headers: { 'content-length': '5000' },
    });
    await give(...EVENTS);
    endpoint.emit('close');
    await settled();
    expect([results, received()?.isWhole]).toEqual([[TRUNCATED], false]);
  });
});

describe('an answer that we have to end', () => {
  it.each<{ name: string; setup: RelaySetup; body: string }>([
    { name: 'ends with an event that says why', setup: {}, body: `${FIRST}bye` },
    {
      name: 'unless that would count as its declared bytes',
      setup: { headers: { 'content-length': String(FIRST.length + 9) } },
      body: FIRST,
    },
    { name: 'unless it is no stream', setup: { form: 'document' }, body: FIRST },
  ])('$name', async ({ setup, body }) => {
    const { relay, results, give, received, connection, endpoint } = await startRelay(setup);
    await give(FIRST);
    relay.cutWithEvent('bye');
    await settled();
    expect(received()).toMatchObject({ body, isWhole: false });
    expect([connection.destroyed, endpoint.isClosed]).toEqual([true, true]);
    expect(results).toEqual([CLIENT_GONE]);
  });

  it('reaches a slow client up to that event, then its connection closes', async () => {
    const { relay, give, received, connection } = await startRelay({ isSlow: true });
    await give(FIRST);
    relay.cutWithEvent('bye');
    await settled();
    expect(connection.destroyed).toBe(false);
    connection.catchUp();
    await settled();
    expect(received()?.body).toBe(`${FIRST}bye`);
    expect(connection.destroyed).toBe(true);
  });
});

describe('an answer behind another on its connection', () => {
  it.each([
    ['cut', (relay: Relay) => relay.cut('timeout'), FIRST],
    ['ended by us', (relay: Relay) => relay.cutWithEvent('bye'), 'bye'],
  ])('%s: ends after the other one, which stays whole', async (_, stop, last) => {
    const { relay, responses, give, connection } = await startRelay({ isBehind: true });
    await give(FIRST);
    stop(relay);
    await settled();
    responses[0]?.write('earlier');
    await settled();
    expect(connection.destroyed).toBe(false);
    responses[0]?.end();
    await settled();
    expect(connection.destroyed).toBe(true);
    expect(connection.received).toContain('earlier\r\n0\r\n\r\n');
    expect(connection.received).toContain(last);
    expect(connection.received.endsWith('\r\n0\r\n\r\n')).toBe(false);
  });
});

describe('a relay that is done', () => {
  it.each([
    { name: 'cut', stop: (relay: Relay) => relay.cut('timeout'), count: 1 },
    { name: 'ended by us', stop: (relay: Relay) => relay.cutWithEvent('bye'), count: 1 },
    { name: 'left by its client', stop: (relay: Relay) => relay.clientGone(), count: 1 },
    { name: 'abandoned', stop: (relay: Relay) => relay.abandon(), count: 0 },
  ])('$name: reports at most once, and releases everything', async ({ stop, count }) => {
    const { relay, clock, results, endpoint, isWaiting } = await startRelay();
    endpoint.give(FIRST);
    stop(relay);
    expect([isWaiting(), endpoint.isClosed]).toEqual([false, true]);
    const onData = vi.spyOn(relay, 'onData');
    endpoint.give(...EVENTS.slice(1));
    for (const event of ['end', 'close']) endpoint.emit(event);
    for (const again of [() => relay.clientGone(), () => relay.cut('timeout')]) again();
    relay.cutWithEvent('again');
    await settled();
    clock.advance(2 * IDLE_MS);
    expect(onData).not.toHaveBeenCalled();
    expect(results.length).toBe(count);
  });

  it('leaves a complete answer as it is', async () => {
    const { relay, results, give, end, endpoint, received, connection } = await startRelay();
    await give(...EVENTS);
    await end();
    endpoint.emit('close');
    relay.cutWithEvent('bye');
    relay.cut('timeout');
    await settled();
    expect(results).toEqual([COMPLETE]);
    expect(received()).toMatchObject({ body: EVENTS.join(''), isWhole: true });
    expect([connection.destroyed, endpoint.isClosed]).toEqual([false, false]);
  });

  it('waits no more for the endpoint when its client has caught up', async () => {
    const { results, give, end, advance, connection, isWaiting } = await startRelay({
      isSlow: true,
    });
    await give(...EVENTS);
    await end();
    connection.catchUp();
    await advance(STALL_MS);
    expect([isWaiting(), results]).toEqual([false, [COMPLETE]]);
  });
});
