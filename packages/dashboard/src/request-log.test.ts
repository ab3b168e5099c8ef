import { type ApiRequestRecord, REQUEST_OUTCOMES } from '@zephyr/contract/usage';
import { describe, expect, it } from 'vitest';

import { hasFailed, isWanted, SHOWN_REQUESTS, withEnded } from './request-log.ts';

const record = (known: Partial<ApiRequestRecord>): ApiRequestRecord => ({
  id: 'zephyr_1',
  endpointRequestId: 'req_1',
  atMs: 1_000,
  person: 'ann',
  group: 'asia',
  endpoint: 'tokyo',
  model: 'claude-haiku-4-5',
  operation: 'messages',
  session: null,
  outcome: 'ok',
  attempts: [],
  ttftMs: 100,
  durationMs: 200,
  tokensKnown: 'reported',
  usage: {
    inputTokens: 1,
    outputTokens: 1,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
  },
  costUsd: 0,
  ...known,
});

describe('the filter', () => {
  it('counts as failed what the ledger counts: all but whole answers and clients that went away', () => {
    const failed = REQUEST_OUTCOMES.filter((outcome) => hasFailed({ outcome }));
    expect(failed).toEqual(['passed', 'failed', 'cut', 'too_large', 'timed_out']);
  });

  it.each([
    [{}, true],
    [{ person: 'ann' }, true],
    [{ person: 'ben' }, false],
    [{ failed: true }, false],
    [{ id: 'zephyr_1' }, true],
    [{ id: 'req_1' }, true],
    [{ id: 'req_2' }, false],
    [{ person: 'ben', id: 'req_1' }, false],
  ])('%j of a good request of ann: %s', (filter, expected) => {
    expect(isWanted(record({}), filter)).toBe(expected);
  });

  it('finds a failed one', () => {
    expect(isWanted(record({ outcome: 'cut' }), { failed: true })).toBe(true);
  });
});

describe('the list', () => {
  it('takes what has ended since on top, each once', () => {
    const old = record({ id: 'a', atMs: 1 });
    const added = record({ id: 'b', atMs: 2 });
    expect(withEnded([old], [added, old]).map(({ id }) => id)).toEqual(['b', 'a']);
    expect(withEnded([added, old], [added]).map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it('drops the oldest beyond what is shown', () => {
    const listed = Array.from({ length: SHOWN_REQUESTS }, (_, index) =>
      record({ id: `${index}`, atMs: 1_000 - index }),
    );
    const list = withEnded(listed, [record({ id: 'new', atMs: 2_000 })]);
    expect(list).toHaveLength(SHOWN_REQUESTS);
    expect(list[0]?.id).toBe('new');
    expect(list.at(-1)?.id).toBe(`${SHOWN_REQUESTS - 2}`);
  });
});
