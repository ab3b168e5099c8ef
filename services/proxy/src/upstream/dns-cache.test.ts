import type { LookupAddress } from 'node:dns';

import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it } from 'vitest';

import { createLookup, type Resolve } from './dns-cache.ts';

interface PendingLookup {
  readonly name: string;
  answer(address: string): void;
  fail(): void;
}

function setUp() {
  const questions: PendingLookup[] = [];
  const clock = new ManualClock();
  const resolve: Resolve = (name, done) => {
    questions.push({
      name,
      answer: (address) => done(null, [{ address, family: 4 }]),
      fail: () => done(Object.assign(new Error('away'), { code: 'EAI_AGAIN' }), []),
    });
  };
  const lookup = createLookup({ resolve, clock });
  const ask = () => {
    const result = { text: 'waiting' };
    lookup('relay.example', { all: true }, (error, addresses) => {
      const list = addresses as LookupAddress[];
      result.text = error === null ? list.map(({ address }) => address).join() : (error.code ?? '');
    });
    return result;
  };
  return { questions, ask, advance: (byMs: number) => clock.advance(byMs) };
}

describe('createLookup (U17)', () => {
  it('queries once and caches the answer for a while', () => {
    const { questions, ask, advance } = setUp();
    const first = ask();
    questions[0]?.answer('192.0.2.1');
    expect(first.text).toBe('192.0.2.1');
    advance(9_999);
    expect(ask().text).toBe('192.0.2.1');
    expect(questions).toHaveLength(1);
  });

  it('follows an address that changed', () => {
    const { questions, ask, advance } = setUp();
    ask();
    questions[0]?.answer('192.0.2.1');
    advance(10_000);
    const next = ask();
    questions[1]?.answer('192.0.2.2');
    expect(next.text).toBe('192.0.2.2');
  });

  it('uses the last good address if the name server fails', () => {
    const { questions, ask, advance } = setUp();
    ask();
    questions[0]?.answer('192.0.2.1');
    advance(200_000);
    const next = ask();
    questions[1]?.fail();
    expect(next.text).toBe('192.0.2.1');
  });

  it('uses it if the name server is slow, and keeps a late answer for the next time', () => {
    const { questions, ask, advance } = setUp();
    ask();
    questions[0]?.answer('192.0.2.1');
    advance(20_000);
    const next = ask();
    advance(1_999);
    expect(next.text).toBe('waiting');
    advance(1);
    expect(next.text).toBe('192.0.2.1');
    questions[1]?.answer('192.0.2.2');
    expect(ask().text).toBe('192.0.2.2');
  });

  it('fails if nothing is cached', () => {
    const { questions, ask } = setUp();
    const first = ask();
    questions[0]?.fail();
    expect(first.text).toBe('EAI_AGAIN');
  });
});
