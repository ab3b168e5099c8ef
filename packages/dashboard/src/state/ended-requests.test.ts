import { LISTED_REQUESTS } from '@zephyr/contract/history/history-size';
import type { ApiRequestRecord } from '@zephyr/contract/usage/usage';
import { describe, expect, it } from 'vitest';

import { withEnded } from './ended-requests.ts';

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

describe('the list', () => {
  it('adds finished requests on top, each once', () => {
    const old = record({ id: 'a', atMs: 1 });
    const added = record({ id: 'b', atMs: 2 });
    expect(withEnded([old], [added, old]).map(({ id }) => id)).toEqual(['b', 'a']);
    expect(withEnded([added, old], [added]).map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it('drops the oldest beyond the limit', () => {
    const listed = Array.from({ length: LISTED_REQUESTS }, (_, index) =>
      record({ id: `${index}`, atMs: 1_000 - index }),
    );
    const list = withEnded(listed, [record({ id: 'new', atMs: 2_000 })]);
    expect(list).toHaveLength(LISTED_REQUESTS);
    expect(list[0]?.id).toBe('new');
    expect(list.at(-1)?.id).toBe(`${LISTED_REQUESTS - 2}`);
  });
});
