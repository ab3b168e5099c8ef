import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointId } from '../types.ts';
import { SessionTable } from './affinity.ts';

const a = endpointId('a');
const b = endpointId('b');
const LIFETIME = 300_000;
const generations =
  (of: Record<string, number> = {}) =>
  (id: string) =>
    of[id] ?? 0;

function table(): SessionTable {
  return new SessionTable({ lifetimeMs: LIFETIME, maxSessions: 3 });
}

function answered(
  sessions: SessionTable,
  id: string,
  parts: {
    at?: string;
    nowMs?: number;
    ttftMs?: number;
    elsewhereMs?: number;
    generation?: number;
  } = {},
): void {
  sessions.noteContent(id, {
    endpointId: endpointId(parts.at ?? 'a'),
    generation: parts.generation ?? 0,
    person: 'ann',
    ttftMs: parts.ttftMs ?? 500,
    elsewhereMs: parts.elsewhereMs,
    nowMs: parts.nowMs ?? 0,
  });
}

describe('placeOf', () => {
  it('is nowhere at first, then at the endpoint that sent content', () => {
    const sessions = table();
    expect(sessions.placeOf('s', generations(), 0)).toBeUndefined();
    answered(sessions, 's');
    expect(sessions.placeOf('s', generations(), 1)).toBe(a);
  });

  it('follows a failover', () => {
    const sessions = table();
    answered(sessions, 's');
    answered(sessions, 's', { at: 'b', nowMs: 10 });
    expect(sessions.placeOf('s', generations(), 20)).toBe(b);
  });

  it('ends when its endpoint is removed, whose generations start at 0 if it is added again', () => {
    const sessions = table();
    answered(sessions, 's', { generation: 2 });
    answered(sessions, 'other', { at: 'b' });
    sessions.forget(a);
    expect(sessions.placeOf('s', generations({ a: 1 }), 1)).toBeUndefined();
    expect(sessions.placeOf('other', generations(), 1)).toBe(b);
  });

  it('ends with the cache, and each request keeps it', () => {
    const sessions = table();
    answered(sessions, 's');
    answered(sessions, 's', { nowMs: LIFETIME });
    expect(sessions.placeOf('s', generations(), 2 * LIFETIME)).toBe(a);
    expect(sessions.placeOf('s', generations(), 2 * LIFETIME + 1)).toBeUndefined();
  });

  it('ends when sessions of the endpoint are moved, and starts again under the new generation', () => {
    const sessions = table();
    answered(sessions, 's', { generation: 1 });
    expect(sessions.placeOf('s', generations({ a: 1 }), 1)).toBe(a);
    expect(sessions.placeOf('s', generations({ a: 2 }), 1)).toBeUndefined();
    answered(sessions, 's', { generation: 2, nowMs: 2 });
    expect(sessions.placeOf('s', generations({ a: 2 }), 3)).toBe(a);
  });

  it('ends after three consecutive answers that are clearly slower than elsewhere', () => {
    const sessions = table();
    const slow = { ttftMs: 5_000, elsewhereMs: 1_000 };
    answered(sessions, 's', slow);
    answered(sessions, 's', slow);
    answered(sessions, 's', { ttftMs: 900, elsewhereMs: 1_000 });
    answered(sessions, 's', slow);
    answered(sessions, 's', slow);
    expect(sessions.placeOf('s', generations(), 1)).toBe(a);
    answered(sessions, 's', slow);
    expect(sessions.placeOf('s', generations(), 1)).toBeUndefined();
  });

  it('evicts the least recently used session when there are too many', () => {
    const sessions = table();
    for (const id of ['s1', 's2', 's3']) answered(sessions, id);
    answered(sessions, 's1');
    answered(sessions, 's4');
    expect(sessions.placeOf('s2', generations(), 1)).toBeUndefined();
    expect(sessions.placeOf('s1', generations(), 1)).toBe(a);
    expect(sessions.placeOf('s3', generations(), 1)).toBe(a);
  });
});

describe('slow answers', () => {
  const placeAfter = (parts: Parameters<typeof answered>[2], count = 3) => {
    const sessions = table();
    for (let index = 0; index < count; index += 1) answered(sessions, 's', parts);
    return sessions.placeOf('s', generations(), 0);
  };

  it.each([
    ['twice as slow and a second more is not clear', { ttftMs: 9_000, elsewhereMs: 4_000 }, a],
    ['more is', { ttftMs: 9_001, elsewhereMs: 4_000 }, undefined],
    ['and so is ten seconds more', { ttftMs: 30_001, elsewhereMs: 20_000 }, undefined],
    ['less than that is not', { ttftMs: 30_000, elsewhereMs: 20_000 }, a],
    ['nothing is slow if no other time is known', { ttftMs: 60_000 }, a],
  ])('%s', (_, parts, place) => {
    expect(placeAfter(parts)).toBe(place);
  });

  it('begin again at another endpoint', () => {
    const sessions = table();
    const slow = { ttftMs: 9_000, elsewhereMs: 1_000 };
    for (const at of ['a', 'a', 'b', 'b']) answered(sessions, 's', { ...slow, at });
    expect(sessions.placeOf('s', generations(), 0)).toBe(b);
    for (const generation of [1, 1]) answered(sessions, 's', { ...slow, at: 'b', generation });
    expect(sessions.placeOf('s', generations(), 0)).toBe(b);
  });
});

describe('hasCache', () => {
  const usage = { inputTokens: 9, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 9 };

  it('is true after an answer wrote to a cache, while that lives', () => {
    const sessions = table();
    expect(sessions.hasCache('s', generations(), 0)).toBe(false);
    answered(sessions, 's');
    expect(sessions.hasCache('s', generations(), 0)).toBe(false);
    sessions.noteUsage('s', { ...usage, cacheWriteTokens: 0 }, 'haiku');
    expect(sessions.hasCache('s', generations(), 0)).toBe(false);
    sessions.noteUsage('s', usage, 'opus');
    expect(sessions.hasCache('s', generations(), LIFETIME)).toBe(true);
    expect(sessions.hasCache('s', generations(), LIFETIME + 1)).toBe(false);
    expect(sessions.hasCache('s', generations({ a: 1 }), 0)).toBe(false);
  });

  it('ends when the session moves because its answers are slow', () => {
    const sessions = table();
    const slow = { ttftMs: 9_000, elsewhereMs: 1_000 };
    for (const hasCache of [true, true, false]) {
      answered(sessions, 's', slow);
      sessions.noteUsage('s', usage, 'opus');
      expect(sessions.hasCache('s', generations(), 0)).toBe(hasCache);
    }
  });

  it('is assumed for a session that is active at another proxy', () => {
    const sessions = table();
    sessions.adopt({ id: 's', endpointId: a, generation: 0, idleMs: 0 }, 0);
    expect(sessions.hasCache('s', generations(), 0)).toBe(true);
  });
});

describe('rules', () => {
  it('change at run time, and the placements stay', () => {
    const sessions = table();
    answered(sessions, 's1');
    answered(sessions, 's2');
    sessions.reconfigure({ lifetimeMs: 10, maxSessions: 1 });
    expect(sessions.placeOf('s1', generations(), 10)).toBe(a);
    expect(sessions.placeOf('s1', generations(), 11)).toBeUndefined();
    expect(sessions.size).toBe(2);
  });
});

describe('sharing', () => {
  it('returns at most the requested number, the rest next time, and nothing that has ended', () => {
    const sessions = table();
    for (const id of ['s1', 's2', 's3']) answered(sessions, id, { nowMs: 1_000 });
    const ids = (nowMs: number) => sessions.takeUnshared(nowMs, 2).map(({ id }) => id);
    expect(ids(1_000)).toEqual(['s1', 's2']);
    expect(ids(1_000)).toEqual(['s3']);
    answered(sessions, 's1', { nowMs: 100_000 });
    expect(ids(100_000 + LIFETIME + 1)).toEqual([]);
  });

  it('reports how long the session has been idle', () => {
    const sessions = table();
    answered(sessions, 's', { nowMs: 1_000 });
    expect(sessions.takeUnshared(4_000, 9)).toMatchObject([{ idleMs: 3_000 }]);
  });

  it('keeps what it knows about a session that another proxy placed elsewhere', () => {
    const sessions = table();
    answered(sessions, 's', { nowMs: 1_000 });
    answered(sessions, 's', { nowMs: 2_000 });
    sessions.adopt({ id: 's', endpointId: b, generation: 0, idleMs: 0 }, 5_000);
    expect(sessions.latest(1, 5_000)).toMatchObject([
      { id: 's', endpointId: b, person: 'ann', requests: 2, ageMs: 4_000, idleMs: 0 },
    ]);
    sessions.adopt({ id: 'new', endpointId: b, generation: 0, idleMs: 500 }, 6_000);
    expect(sessions.latest(1, 6_000)).toMatchObject([
      { id: 'new', person: null, requests: 0, ageMs: 500, idleMs: 500 },
    ]);
    expect(sessions.loads(generations(), 6_000)).toEqual({
      b: { active: 2, cachedTokens: { other: 0 } },
    });
  });

  it('prefers its own of two simultaneous requests', () => {
    const sessions = table();
    answered(sessions, 's', { nowMs: 1_000 });
    sessions.adopt({ id: 's', endpointId: b, generation: 0, idleMs: 0 }, 1_000);
    expect(sessions.placeOf('s', generations(), 1_000)).toBe(a);
  });

  it('restarts the count of slow answers if another proxy placed the session', () => {
    const sessions = table();
    const slow = { ttftMs: 9_000, elsewhereMs: 1_000 };
    for (let index = 0; index < 2; index += 1) answered(sessions, 's', slow);
    sessions.adopt({ id: 's', endpointId: a, generation: 0, idleMs: 0 }, 5);
    for (let index = 0; index < 2; index += 1) answered(sessions, 's', { ...slow, nowMs: 6 });
    expect(sessions.placeOf('s', generations(), 7)).toBe(a);
  });

  it('reports a placement once, then when it changes and every minute', () => {
    const sessions = table();
    answered(sessions, 's');
    expect(sessions.takeUnshared(5, 10)).toEqual([
      { id: 's', endpointId: a, generation: 0, idleMs: 5 },
    ]);
    answered(sessions, 's', { nowMs: 1_000 });
    expect(sessions.takeUnshared(1_000, 10)).toEqual([]);
    answered(sessions, 's', { nowMs: 61_000 });
    expect(sessions.takeUnshared(61_000, 10)).toHaveLength(1);
    answered(sessions, 's', { at: 'b', nowMs: 62_000 });
    expect(sessions.takeUnshared(62_000, 10)).toHaveLength(1);
  });

  it('adopts another proxy’s placement, unless it knows a later request', () => {
    const sessions = table();
    sessions.adopt({ id: 's', endpointId: b, generation: 0, idleMs: 1_000 }, 5_000);
    expect(sessions.placeOf('s', generations(), 5_000)).toBe(b);
    expect(sessions.takeUnshared(5_000, 10)).toEqual([]);
    answered(sessions, 's', { nowMs: 6_000 });
    sessions.adopt({ id: 's', endpointId: b, generation: 0, idleMs: 500 }, 6_100);
    expect(sessions.placeOf('s', generations(), 6_100)).toBe(a);
  });

  const moments = fc.array(
    fc.record({
      who: fc.constantFrom(0, 1),
      at: fc.constantFrom('a', 'b'),
      waitMs: fc.integer({ min: 1, max: 100_000 }),
    }),
    { minLength: 1, maxLength: 30 },
  );
  const share = (from: SessionTable, to: SessionTable, nowMs: number) => {
    for (const shared of from.takeUnshared(nowMs, 9)) to.adopt(shared, nowMs);
  };

  it('two proxies that share their tables agree on the endpoint of the last answer', () => {
    fc.assert(
      fc.property(moments, (steps) => {
        const proxies = [table(), table()] as const;
        let nowMs = 0;
        let last: { who: number; at: string } = { who: 0, at: 'a' };
        for (const { who, at, waitMs } of steps) {
          nowMs += waitMs;
          last = { who, at };
          answered(proxies[who === 0 ? 0 : 1], 's', { at, nowMs });
          share(proxies[0], proxies[1], nowMs);
          share(proxies[1], proxies[0], nowMs);
        }
        const asked = proxies[last.who === 0 ? 0 : 1];
        expect(asked.placeOf('s', generations(), nowMs)).toBe(endpointId(last.at));
      }),
    );
  });
});

describe('loads', () => {
  const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 900, cacheWriteTokens: 100 };
  it('counts active sessions and their cached tokens, by family', () => {
    const sessions = table();
    answered(sessions, 's1');
    sessions.noteUsage('s1', usage, 'claude-opus-4-8');
    answered(sessions, 's2', { at: 'b' });
    expect(sessions.loads(generations(), 1)).toEqual({
      a: { active: 1, cachedTokens: { opus: 1_000 } },
      b: { active: 1, cachedTokens: { other: 0 } },
    });
    expect(sessions.loads(generations(), LIFETIME + 1)).toEqual({});
    expect(sessions.size).toBe(0);
  });

  it('does not count a session that must move until it is placed again', () => {
    const sessions = table();
    answered(sessions, 's');
    expect(sessions.loads(generations({ a: 1 }), 1)).toEqual({});
    answered(sessions, 's', { at: 'b', nowMs: 2 });
    expect(Object.keys(sessions.loads(generations({ a: 1 }), 3))).toEqual(['b']);
  });

  it('keeps the cached tokens from one answer to the next, and starts again elsewhere', () => {
    const sessions = table();
    answered(sessions, 's');
    sessions.noteUsage('s', usage, 'opus');
    answered(sessions, 's', { nowMs: 1 });
    expect(sessions.loads(generations(), 1)['a']?.cachedTokens).toEqual({ opus: 1_000 });
    answered(sessions, 's', { at: 'b', nowMs: 2 });
    expect(sessions.loads(generations(), 2)['b']?.cachedTokens).toEqual({ opus: 0 });
  });

  it('a prompt of half the length is a new one, a shorter one is another request', () => {
    const sessions = table();
    answered(sessions, 's');
    const ofTokens = (cacheReadTokens: number) => ({
      ...usage,
      ...{ cacheReadTokens, cacheWriteTokens: 0 },
    });
    const held = () => sessions.loads(generations(), 0)['a']?.cachedTokens;
    sessions.noteUsage('s', ofTokens(1_000), 'opus');
    sessions.noteUsage('s', ofTokens(499), 'haiku');
    expect(held()).toEqual({ opus: 1_000 });
    sessions.noteUsage('s', ofTokens(500), 'haiku');
    expect(held()).toEqual({ haiku: 500 });
    sessions.noteUsage('unknown', usage, 'opus');
    expect(sessions.size).toBe(1);
  });

  it('is not misled by a small request of the same session', () => {
    const sessions = table();
    answered(sessions, 's');
    sessions.noteUsage('s', usage, 'claude-opus-4-8');
    sessions.noteUsage(
      's',
      { ...usage, cacheReadTokens: 0, cacheWriteTokens: 0 },
      'claude-haiku-4-5',
    );
    expect(sessions.loads(generations(), 1)['a']?.cachedTokens).toEqual({ opus: 1_000 });
  });
});

describe('latest', () => {
  it('lists each session’s person, endpoint, age and requests, newest first', () => {
    const sessions = table();
    answered(sessions, 's1', { nowMs: 0 });
    answered(sessions, 's2', { nowMs: 10 });
    answered(sessions, 's1', { nowMs: 100 });
    expect(sessions.latest(5, 1_000)).toEqual([
      {
        id: 's1',
        endpointId: a,
        person: 'ann',
        ageMs: 1_000,
        idleMs: 900,
        requests: 2,
        cacheRemainingMs: LIFETIME - 900,
      },
      expect.objectContaining({ id: 's2', requests: 1 }),
    ]);
    expect(sessions.latest(1, 1_000)).toHaveLength(1);
  });
});
