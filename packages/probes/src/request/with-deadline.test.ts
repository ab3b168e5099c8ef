import { ManualClock } from '@zephyr/testkit/manual-clock';
import { expect, it } from 'vitest';

import type { ObservedRequest } from './watched-request.ts';
import { withDeadline } from './with-deadline.ts';

const CUT = { reached: 'waiting', errorCode: 'CUT', silentMs: 0, body: '' } as const;

function start(signal = new AbortController().signal) {
  const { promise, resolve } = Promise.withResolvers<ObservedRequest>();
  const clock = new ManualClock();
  let cuts = 0;
  const cut = (): void => {
    cuts += 1;
    resolve(CUT);
  };
  const ended = withDeadline({ ended: promise, cut }, { timeoutMs: 5_000, signal, clock });
  return { clock, ended, end: () => resolve(CUT), cuts: () => cuts };
}

it('a request is cut at its deadline, not before', async () => {
  const { clock, ended, cuts } = start();
  clock.advance(4_999);
  expect(cuts()).toBe(0);
  clock.advance(1);
  expect(await ended).toBe(CUT);
  expect(cuts()).toBe(1);
});

it('a request that ends by itself leaves no timer', async () => {
  const { clock, ended, end, cuts } = start();
  end();
  await ended;
  expect(clock.timers).toBe(0);
  expect(cuts()).toBe(0);
});

it('a request whose caller has already given up is cut immediately', async () => {
  const { ended, cuts } = start(AbortSignal.abort());
  await ended;
  expect(cuts()).toBe(1);
});
