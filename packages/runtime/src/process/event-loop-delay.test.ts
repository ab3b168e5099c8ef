import { eventually } from '@zephyr/testkit/eventually';
import { Registry } from 'prom-client';
import { expect, it, onTestFinished, vi } from 'vitest';

import { addEventLoopDelay, READ_WITHIN_MS } from './event-loop-delay.ts';

const NAME = 'nodejs_eventloop_lag_p99_seconds';

it('is present from the second scrape on, while it is scraped', async () => {
  const registry = new Registry();
  addEventLoopDelay(registry);
  const seconds = async () => {
    const text = await registry.metrics();
    expect(text).toContain(`# TYPE ${NAME} gauge`);
    const value = new RegExp(`^${NAME} (.*)$`, 'm').exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  };
  expect(await seconds()).toBeUndefined();
  await eventually(async () => expect(await seconds()).toBeGreaterThan(0));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  await seconds();
  vi.advanceTimersByTime(READ_WITHIN_MS - 1);
  await seconds();
  vi.advanceTimersByTime(READ_WITHIN_MS - 1);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(vi.getTimerCount()).toBe(0);
  expect(await seconds()).toBeUndefined();
});
