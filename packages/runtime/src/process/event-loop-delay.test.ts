import { eventually } from '@zephyr/testkit/eventually';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';

import { addEventLoopDelay, READ_WITHIN_MS } from './event-loop-delay.ts';

const NAME = 'nodejs_eventloop_lag_p99_seconds';

it('is present from the second scrape on, while it is scraped', async () => {
  const registry = new Registry();
  const clock = new ManualClock();
  addEventLoopDelay(registry, clock);
  const seconds = async () => {
    const text = await registry.metrics();
    expect(text).toContain(`# TYPE ${NAME} gauge`);
    const value = new RegExp(`^${NAME} (.*)$`, 'm').exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  };
  expect(await seconds()).toBeUndefined();
  await eventually(async () => expect(await seconds()).toBeGreaterThan(0));
  clock.advance(READ_WITHIN_MS - 1);
  await seconds();
  clock.advance(READ_WITHIN_MS - 1);
  expect(clock.timers).toBe(1);
  clock.advance(1);
  expect(clock.timers).toBe(0);
  expect(await seconds()).toBeUndefined();
});
