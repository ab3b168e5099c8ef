/** Display names in any script: shown to people, also in a header, while labels use the id. */
import { call } from '@zephyr/testkit/http-call';
import { status } from '@zephyr/testkit/upstream-scripts';
import { expect, it } from 'vitest';

import { startRig } from '../test-support/rig.ts';

const NAME = '上海 🚀';

it('an endpoint with a Chinese name and an emoji serves, fails over and is shown by its name', async () => {
  const { proxy, first } = await startRig({ names: [NAME, '香港'] });
  const asked = await call(proxy.port);
  expect(asked.status).toBe(200);
  const id = String(asked.headers['x-zephyr-endpoint']);
  expect(id).toMatch(/^e-[0-9a-f]{8}$/);
  expect(decodeURIComponent(String(asked.headers['x-zephyr-endpoint-name']))).toBe(NAME);
  const { endpoints } = await proxy.status();
  expect(endpoints.find((endpoint) => endpoint.id === id)?.name).toBe(NAME);
  first.next(status(529));
  const failedOver = await call(proxy.port);
  expect(failedOver.status).toBe(200);
  expect(failedOver.headers['x-zephyr-endpoint']).not.toBe(id);
  expect(await proxy.metrics()).toContain(`zephyr_proxy_attempts_total{endpoint="${id}"`);
});
