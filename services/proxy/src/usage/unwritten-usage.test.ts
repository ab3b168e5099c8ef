import { HOUR_MS } from '@zephyr/contract/units';
import type { RequestRecord } from '@zephyr/contract/usage/usage';
import { epochMs } from '@zephyr/core';
import { MAX_CONFIGURED_PEOPLE } from '@zephyr/runtime/config/keys/people-limits';
import { expect, it } from 'vitest';

import { UnwrittenUsage } from './unwritten-usage.ts';

const HOUR_AT_MS = 1_800_000_000_000;

const requestOf = (id: string, person = 'ann', hour = 0): RequestRecord => ({
  ...{ id, endpointRequestId: null, atMs: epochMs(HOUR_AT_MS + hour * HOUR_MS), person },
  ...{ group: null, endpoint: 'one', model: 'm', operation: 'messages', session: null },
  ...{ outcome: 'ok', attempts: [], ttftMs: null, durationMs: 1, tokensKnown: 'free' },
  usage: {
    ...{ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0 },
    ...{ cacheWriteTokens: 0, cacheWrite1hTokens: 0 },
  },
  costUsd: null,
});

function setUp() {
  const usage = new UnwrittenUsage('one');
  const sealed = (id: string) => {
    usage.add(requestOf(id), id);
    return usage.seal();
  };
  const batches = () =>
    usage.batches.map(({ writer, sequence, rows, records }) => [
      `${writer} ${sequence}`,
      rows.map(({ model, counts }) => `${model} ${counts.requests}`),
      records.map(({ id }) => id),
    ]);
  return { usage, sealed, batches };
}

it('seals no batch without a request since the last one', () => {
  const { usage, sealed, batches } = setUp();
  expect(usage.isEmpty).toBe(true);
  expect(usage.seal()).toBeUndefined();
  sealed('a');
  expect(usage.seal()).toBeUndefined();
  expect(batches()).toEqual([['one 1', ['a 1'], ['a']]]);
});

it('collects what follows in a second batch that was never sent, and reports what was added', () => {
  const { usage, sealed, batches } = setUp();
  sealed('a');
  expect(sealed('b')).toMatchObject({ sequence: 2, added: [{ model: 'b' }] });
  sealed('b');
  expect(sealed('c')).toMatchObject({ sequence: 2, added: [{ model: 'c' }] });
  expect(batches()).toEqual([
    ['one 1', ['a 1'], ['a']],
    ['one 2', ['b 2', 'c 1'], ['b', 'b', 'c']],
  ]);
  usage.add(requestOf('d'), 'd');
  expect(usage.requests).toBe(5);
});

it('is empty once all is written', () => {
  const { usage, sealed } = setUp();
  sealed('a');
  sealed('b');
  for (const batch of usage.batches) {
    expect(usage.isEmpty).toBe(false);
    usage.written(batch);
  }
  expect([usage.isEmpty, usage.requests]).toEqual([true, 0]);
  usage.add(requestOf('c'), 'c');
  expect([usage.isEmpty, usage.requests]).toEqual([false, 1]);
});

it('numbers what follows a takeover as another writer, and leaves what was taken', () => {
  const { usage, sealed, batches } = setUp();
  sealed('a');
  const [sent] = usage.batches;
  usage.takenOver();
  expect(usage.batches).toEqual([]);
  sealed('b');
  if (sent !== undefined) usage.written(sent);
  expect(batches()).toEqual([['one+1 2', ['b 1'], ['b']]]);
});

it('lists at most a thousand requests per batch and counts all', () => {
  const { usage, sealed } = setUp();
  sealed('first');
  for (let n = 0; n < 1_001; n += 1) usage.add(requestOf(`${n}`), 'm');
  usage.seal();
  expect(usage.batches[1]?.records.map(({ id }) => id)).toEqual(
    Array.from({ length: 1_000 }, (_, n) => `${n}`),
  );
  sealed('last');
  expect(usage.batches[1]?.records).toHaveLength(1_000);
  expect(usage.batches[1]?.records.at(-1)?.id).toBe('last');
  expect(usage.requests).toBe(1_003);
});

it('has rows of their own for 4,000 combinations, then for all people in two hours', () => {
  const { usage } = setUp();
  for (let n = 0; n < 4_000; n += 1) usage.add(requestOf('r', 'ann'), `m${n}`);
  const people = Array.from({ length: MAX_CONFIGURED_PEOPLE + 20 }, (_, n) => `p${n}`);
  for (const hour of [1, 2]) for (const one of people) usage.add(requestOf('r', one, hour), 'm');
  const most = 4_000 + 2 * people.length;
  for (const late of ['x', 'y']) usage.add(requestOf('r', late, 2), 'm');
  const { added = [] } = usage.seal() ?? {};
  expect(added).toHaveLength(most + 1);
  expect(added.at(-1)).toMatchObject({ person: 'other', counts: { requests: 2 } });
  expect(added[3_999]?.model).toBe('m3999');
  expect(added.slice(4_000, most).map(({ person }) => person)).toEqual([...people, ...people]);
  expect(added[4_000]?.model).toBe('other');
});
