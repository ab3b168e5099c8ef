import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { call } from '@zephyr/testkit/http-call';
import { expect, onTestFinished, test } from 'vitest';

import { createApp, type ProxyAppDeps } from './app.ts';

const failure = new Error('a defect in admission');

const handle: ProxyAppDeps['admission']['handle'] = (req, res, pages) => {
  if (req.url === '/defect') throw failure;
  pages(req, res);
};

async function startApp() {
  const errors: unknown[] = [];
  const deps = {
    admission: { handle, keyVerdictOn: () => 'not_needed' },
    onError: (error: unknown) => errors.push(error),
  } as unknown as ProxyAppDeps;
  const server = createServer(createApp(deps)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { errors, port: (server.address() as AddressInfo).port };
}

test('a defect in admission is an error of its own request, each time, and of no other', async () => {
  const { errors, port } = await startApp();
  for (let time = 1; time <= 2; time += 1) {
    const [defect, other] = await Promise.all([
      call(port, { path: '/defect' }),
      call(port, { method: 'GET', path: '/', body: '' }),
    ]);
    expect(defect).toMatchObject({ status: 500, end: 'clean' });
    expect(other).toMatchObject({ status: 200, end: 'clean' });
    expect(errors).toHaveLength(time);
    expect(errors.at(-1)).toBe(failure);
  }
});

test('so is a defect in a page', async () => {
  const { errors, port } = await startApp();
  // There is no status here that it could report.
  const page = await call(port, { method: 'GET', path: '/diagnostics', body: '' });
  expect(page).toMatchObject({ status: 500, end: 'clean' });
  expect(JSON.parse(page.text)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
  expect(errors).toEqual([expect.any(TypeError)]);
});
