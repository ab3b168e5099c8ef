import { ManualClock } from '@zephyr/testkit/manual-clock';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { MissingClients, UNCHANGED_FOR_MS } from './missing-clients.ts';

describe('a config.toml without the clients that it had', () => {
  let clock: ManualClock;
  let missing: MissingClients;
  const warn = vi.fn();

  beforeEach(() => {
    warn.mockReset();
    clock = new ManualClock();
    missing = new MissingClients(clock, { warn });
    expect(missing.isDoubted('cut')).toBe(true);
  });

  it('is doubted while too little time has passed, however often it is read', () => {
    clock.advance(UNCHANGED_FOR_MS - 1);
    expect([missing.isDue(), missing.isDoubted('cut')]).toEqual([false, true]);
    expect(warn).toHaveBeenCalledOnce();
  });

  it('is to be read again after a moment, and is believed if it is unchanged', () => {
    clock.advance(UNCHANGED_FOR_MS);
    expect(missing.isDue()).toBe(true);
    expect(missing.isDoubted('cut')).toBe(false);
    expect(missing.isDue()).toBe(false);
  });

  it('is doubted for another moment if it has changed', () => {
    clock.advance(UNCHANGED_FOR_MS);
    expect(missing.isDoubted('cut elsewhere')).toBe(true);
    clock.advance(UNCHANGED_FOR_MS - 1);
    expect(missing.isDoubted('cut elsewhere')).toBe(true);
  });

  it('is doubted for another moment if the clients were there in between', () => {
    expect(missing.isDoubted(undefined)).toBe(false);
    clock.advance(UNCHANGED_FOR_MS);
    expect([missing.isDue(), missing.isDoubted('cut')]).toEqual([false, true]);
  });
});
