/** Endpoints of several priorities, before anything is known about them. */
import { call } from '@zephyr/testkit/http-call';
import { status } from '@zephyr/testkit/upstream-scripts';
import { expect, it } from 'vitest';

import { startRig } from '../test-support/rig.ts';

it('the lowest number serves, and the next ones in order when it fails', async () => {
  const { proxy, upstreams } = await startRig({
    count: 3,
    endpointKeys: { e1: 'priority = 3', e2: 'priority = 1', e3: 'priority = 2' },
    failover: { maxRetries: 5, retriesPerSecond: 100 },
  });
  const ask = async () => (await call(proxy.port)).headers['x-zephyr-endpoint'];
  const [last, first, second] = upstreams;
  expect([await ask(), await ask()]).toEqual(['e2', 'e2']);
  first?.next(status(503));
  expect([await ask(), await ask()]).toEqual(['e3', 'e2']);
  first?.next(status(503));
  second?.next(status(503));
  expect(await ask()).toBe('e1');
  expect(last?.ledger).toHaveLength(1);
});
