import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it } from 'vitest';

import { keepTrying } from './keep-trying.ts';

/** Attempts that fail until the test lets them succeed. */
function startTrying() {
  const clock = new ManualClock();
  const stopping = new AbortController();
  let attempts = 0;
  let isAway = true;
  const gaveUp: string[] = [];
  const trying = keepTrying(
    async () => {
      attempts += 1;
      // Ends an endless loop, which would block the test.
      if (isAway && attempts < 100) throw new Error(`failure ${attempts}`);
      return 'written';
    },
    {
      ...{ clock, signal: stopping.signal },
      gaveUp: (error) => gaveUp.push((error as Error).message),
    },
  );
  /** Returns once the attempts so far have failed, and the next one is due in half a second. */
  const pauses = (times: number) =>
    Array.from({ length: times }).reduce<Promise<void>>(async (before) => {
      await before;
      await clock.whenSet(500);
      clock.advance(500);
    }, Promise.resolve());
  const comesBack = (): void => {
    isAway = false;
  };
  return { clock, stopping, trying, gaveUp, attempts: () => attempts, pauses, comesBack };
}

describe('keepTrying', () => {
  it('tries again after half a second, until it succeeds', async () => {
    const { clock, trying, gaveUp, attempts, pauses, comesBack } = startTrying();
    await pauses(3);
    await clock.whenSet(500);
    expect(attempts()).toBe(4);
    comesBack();
    clock.advance(499);
    await new Promise(setImmediate);
    expect(attempts()).toBe(4);
    clock.advance(1);
    expect(await trying).toBe('written');
    expect(gaveUp).toEqual([]);
  });

  it('gives up after thirty seconds, with the last failure', async () => {
    const { trying, gaveUp, attempts, pauses } = startTrying();
    await pauses(60);
    expect(await trying).toBeUndefined();
    expect(attempts()).toBe(61);
    expect(gaveUp).toEqual(['failure 61']);
  });

  it('gives up when the prober stops, after a last attempt', async () => {
    const { clock, stopping, trying, gaveUp, attempts } = startTrying();
    await clock.whenSet(500);
    stopping.abort();
    expect(await trying).toBeUndefined();
    expect(attempts()).toBe(2);
    expect(gaveUp).toEqual(['failure 2']);
    expect(clock.timers).toBe(0);
  });
});
