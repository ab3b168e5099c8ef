import type { LookupAddress } from 'node:dns';

import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it } from 'vitest';

import { createLookup, type Resolve } from './dns-cache.ts';

const AWAY = Object.assign(new Error('away'), { code: 'EAI_AGAIN' });

interface PendingLookup {
  readonly name: string;
  answer(...addresses: readonly string[]): void;
  fail(): void;
  /** What no resolver should do. */
  failWith(address: string): void;
}

interface AskedLookup {
  /** Addresses or an error code. */
  text: string;
  calls: number;
}

const ipv4 = (address: string): LookupAddress => ({ address, family: 4 });

function setUp() {
  const questions: PendingLookup[] = [];
  const clock = new ManualClock();
  const resolve: Resolve = (name, done) => {
    questions.push({
      name,
      answer: (...addresses) => done(null, addresses.map(ipv4)),
      fail: () => done(AWAY, []),
      failWith: (address) => done(AWAY, [ipv4(address)]),
    });
  };
  const lookup = createLookup({ resolve, clock });
  const ask = (hostname = 'relay.example'): AskedLookup => {
    const asked = { text: 'waiting', calls: 0 };
    lookup(hostname, { all: true }, (error, addresses) => {
      const list = addresses as LookupAddress[];
      asked.calls += 1;
      asked.text = error === null ? list.map(({ address }) => address).join() : (error.code ?? '');
    });
    return asked;
  };
  return { questions, ask, clock, lookup, advance: (byMs: number) => clock.advance(byMs) };
}

type Rig = ReturnType<typeof setUp>;

function known(address: string): Rig {
  const rig = setUp();
  rig.ask();
  rig.questions[0]?.answer(address);
  return rig;
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

  it('caches each name by itself', () => {
    const { questions, ask } = known('192.0.2.1');
    const other = ask('other.example');
    expect(questions.map(({ name }) => name)).toEqual(['relay.example', 'other.example']);
    questions[1]?.answer('192.0.2.9');
    expect([other.text, ask().text]).toEqual(['192.0.2.9', '192.0.2.1']);
  });

  it('follows an address that changed', () => {
    const { questions, ask, advance } = known('192.0.2.1');
    advance(10_000);
    const next = ask();
    questions[1]?.answer('192.0.2.2');
    expect(next.text).toBe('192.0.2.2');
  });

  it('uses the last good address if the name server fails, for five minutes', () => {
    const { questions, ask, advance } = known('192.0.2.1');
    advance(299_999);
    const next = ask();
    questions[1]?.fail();
    expect(next.text).toBe('192.0.2.1');
    advance(1);
    const last = ask();
    questions[2]?.fail();
    expect(last.text).toBe('EAI_AGAIN');
  });

  it('uses it if the name server is slow, and keeps a late answer for the next time', () => {
    const { questions, ask, advance } = known('192.0.2.1');
    advance(20_000);
    const next = ask();
    advance(1_999);
    expect(next.text).toBe('waiting');
    advance(1);
    expect(next.text).toBe('192.0.2.1');
    questions[1]?.answer('192.0.2.2');
    expect(ask().text).toBe('192.0.2.2');
  });

  it('answers each question once, even if a late answer or failure follows', () => {
    const { questions, ask, advance } = known('192.0.2.1');
    advance(20_000);
    const both = [ask(), ask()];
    advance(2_000);
    questions[1]?.answer('192.0.2.2');
    questions[2]?.fail();
    expect(both).toEqual(Array(2).fill({ text: '192.0.2.1', calls: 1 }));
  });

  it('waits for a slow name server if nothing is cached', () => {
    const { questions, ask, advance } = setUp();
    const first = ask();
    advance(60_000);
    expect(first.text).toBe('waiting');
    questions[0]?.answer('192.0.2.1');
    expect(first.text).toBe('192.0.2.1');
  });

  it('leaves no timer behind', () => {
    const { questions, ask, clock } = setUp();
    ask('good.example');
    ask('bad.example');
    expect(clock.timers).toBe(2);
    questions[0]?.answer('192.0.2.1');
    questions[1]?.fail();
    expect(clock.timers).toBe(0);
  });

  it('fails if nothing is cached', () => {
    const { questions, ask } = setUp();
    const first = ask();
    questions[0]?.fail();
    expect(first.text).toBe('EAI_AGAIN');
  });

  it('does not cache a failure, or addresses that come with one', () => {
    const { questions, ask } = setUp();
    const first = ask();
    questions[0]?.failWith('192.0.2.66');
    expect(first.text).toBe('EAI_AGAIN');
    const next = ask();
    questions[1]?.answer('192.0.2.1');
    expect(next.text).toBe('192.0.2.1');
  });

  it('takes a name without addresses for one that does not exist', () => {
    const { questions, ask, advance } = known('192.0.2.1');
    const other = ask('other.example');
    questions[1]?.answer();
    expect(other.text).toBe('ENOTFOUND');
    // A name that had one keeps it.
    advance(10_000);
    const next = ask();
    questions[2]?.answer();
    expect(next.text).toBe('192.0.2.1');
  });

  it('gives all addresses, or the first one with its family, as the caller asks', () => {
    const { questions, lookup } = setUp();
    const given: unknown[] = [];
    lookup('relay.example', { all: true }, (...answer) => given.push(answer));
    questions[0]?.answer('192.0.2.1', '192.0.2.2');
    lookup('relay.example', {}, (...answer) => given.push(answer));
    expect(given).toEqual([
      [null, [ipv4('192.0.2.1'), ipv4('192.0.2.2')]],
      [null, '192.0.2.1', 4],
    ]);
  });

  it('asks the system by default', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    // An address is its own answer: no name server is asked.
    createLookup({ clock: new ManualClock() })('127.0.0.1', { all: true }, (...answer) =>
      resolve(answer),
    );
    expect(await promise).toEqual([null, [ipv4('127.0.0.1')]]);
  });
});
