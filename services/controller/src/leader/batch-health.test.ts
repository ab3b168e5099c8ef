import { createLogger, MAX_WHY_CHARACTERS } from '@zephyr/runtime/logger';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { BatchHealth } from './batch-health.ts';

const log = createLogger('test', 'silent');
const warn = vi.spyOn(log, 'warn');
const counted = vi.fn();

let clock: ManualClock;
let health: BatchHealth;

beforeEach(() => {
  vi.clearAllMocks();
  clock = new ManualClock();
  health = new BatchHealth({ log, clock, counted });
});

/** A batch each second, all of them failing. */
function failFor(seconds: number): void {
  for (let second = 0; second < seconds; second += 1) {
    health.failed();
    clock.advance(1_000);
  }
}

describe('BatchHealth', () => {
  it('is failing once all batches of five seconds have failed', () => {
    expect(health.isFailing).toBe(false);
    failFor(4);
    expect(health.isFailing).toBe(false);
    failFor(1);
    expect(health.isFailing).toBe(true);
  });

  it('is not failing after one good batch, and starts counting again', () => {
    failFor(6);
    health.succeeded();
    expect(health.isFailing).toBe(false);
    failFor(4);
    expect(health.isFailing).toBe(false);
  });

  it('forgets failures when this controller has had no batch for a while: another one leads', () => {
    failFor(6);
    clock.advance(13_000);
    expect(health.isFailing).toBe(true);
    clock.advance(1_000);
    expect(health.isFailing).toBe(false);
    failFor(1);
    expect(health.isFailing).toBe(false);
  });

  it('counts every record that is set aside, and logs one per kind every ten seconds', () => {
    for (let second = 0; second < 20; second += 1) {
      health.setAside('probes', 'one', 'malformed');
      health.setAside('outcomes', 'two', 'x'.repeat(1_000));
      clock.advance(1_000);
    }
    expect(health.recordsSetAside).toBe(40);
    expect(counted).toHaveBeenCalledTimes(40);
    expect(warn).toHaveBeenCalledTimes(4);
    for (const [fields] of warn.mock.calls as unknown as [{ why: string }][]) {
      expect(fields.why.length).toBeLessThanOrEqual(MAX_WHY_CHARACTERS);
    }
  });
});
