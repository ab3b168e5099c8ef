import { loadScript } from '@zephyr/runtime/redis/script';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import type { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';

import { listedLog } from '../test-support/listed-log.ts';
import {
  type LeaderElection,
  type LeadershipDeps,
  type LeadershipState,
  startLeadership,
} from './leader-election.ts';
import { RedisClock } from './redis-clock.ts';

const ACQUIRE = loadScript('acquire-lease').sha;
const RENEW = loadScript('renew-lease').sha;

let leadership: LeaderElection | undefined;

afterEach(() => leadership?.stop());

/** Leads until the end of the term. */
const untilEnded: LeadershipDeps['lead'] = ({ signal }) =>
  new Promise((end) => signal.addEventListener('abort', () => end()));

/** @param replies to the scripts of the lease, by their hash; without one, the request fails */
function start(
  replies: Readonly<Record<string, () => unknown>>,
  lead = untilEnded,
  rng = () => 0.5,
) {
  const clock = new ManualClock();
  const states: LeadershipState['status'][] = [];
  const asked: string[] = [];
  const redis = {
    call: async (_: string, [sha = '']: readonly string[]) => {
      asked.push(sha);
      if (sha !== ACQUIRE && sha !== RENEW) return 1;
      return replies[sha]?.() ?? Promise.reject(new Error('Redis is away'));
    },
  };
  const { log, messages } = listedLog();
  leadership = startLeadership({
    ...{ redis: redis as unknown as Redis, instanceId: 'one', log, lead },
    ...{ clock: new RedisClock(clock), systemClock: clock, rng },
    standBy: async () => undefined,
    onState: ({ status }) => states.push(status),
  });
  /** In steps, so that what a timer starts can set the next one. */
  const advance = async (byMs: number): Promise<void> => {
    for (let left = byMs; left > 0; left -= 100) {
      await new Promise(setImmediate);
      clock.advance(Math.min(100, left));
    }
    await new Promise(setImmediate);
  };
  const count = (sha: string) => asked.filter((one) => one === sha).length;
  return { advance, states, messages, count };
}

const held = () => [1, 7, 'incarnation', 0];

describe('a leader', () => {
  it('renews its lease every other second, and leads as long as that succeeds', async () => {
    const { advance, states, count } = start({ [ACQUIRE]: held, [RENEW]: () => [1, 0] });
    await advance(20_000);
    expect(count(RENEW)).toBe(10);
    expect(states).toEqual(['leading']);
  });

  it('repeats a renewal without an answer soon', async () => {
    let sent = 0;
    const renewed = () => {
      sent += 1;
      return sent === 1 ? undefined : [1, 0];
    };
    const { advance, states } = start({ [ACQUIRE]: held, [RENEW]: renewed });
    await advance(1_500);
    expect(sent).toBe(2);
    await advance(20_000);
    expect(states).toEqual(['leading']);
  });

  it('stops acting four seconds after the last renewal, which is before the lease ends', async () => {
    let isAway = false;
    const renewed = () => (isAway ? undefined : [1, 0]);
    const { advance, states } = start({ [ACQUIRE]: held, [RENEW]: renewed });
    await advance(5_000);
    isAway = true;
    await advance(3_999);
    expect(states).toEqual(['leading']);
    await advance(1);
    expect(states).toEqual(['leading', 'standby']);
  });

  it('stops acting when the lease is lost', async () => {
    const { advance, states } = start({ [ACQUIRE]: held, [RENEW]: () => [0, 0] });
    await advance(1_000);
    expect(states).toEqual(['leading', 'standby']);
  });
});

describe('the work of a leader', () => {
  it('that fails ends its term, with a warning', async () => {
    const failing = () => Promise.reject(new Error('no state'));
    const { advance, states, messages } = start({ [ACQUIRE]: held }, failing);
    await advance(100);
    expect(states).toEqual(['leading', 'standby']);
    expect(messages).toEqual(['leading', 'leading failed', 'not leading any more']);
  });

  it('that a stop interrupts has not failed', async () => {
    const interrupted: LeadershipDeps['lead'] = ({ signal }) =>
      new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
    const { advance, messages } = start({ [ACQUIRE]: held }, interrupted);
    await advance(100);
    await leadership?.stop();
    expect(messages).toEqual(['leading', 'not leading any more']);
  });
});

describe('a standby', () => {
  it.each([
    ['after 0.8 s at the earliest', 0, 16],
    ['on average once a second', 0.5, 13],
    ['after 1.2 s at the latest', 0.999_9, 11],
  ])('requests the lease again %s', async (_when, random, requests) => {
    const replies = { [ACQUIRE]: () => [0, 'other', 5_000, 0] };
    const { advance, states, count } = start(replies, untilEnded, () => random);
    await advance(12_000);
    expect(count(ACQUIRE)).toBe(requests);
    expect(new Set(states)).toEqual(new Set(['standby']));
  });
});
