/** Who may use the admin API, over real local sockets. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { systemClock } from '@zephyr/runtime/clock';
import { Secret } from '@zephyr/runtime/secret';
import { call } from '@zephyr/testkit/http-call';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createAccess } from './authentication.ts';
import { answerErrors } from './problem-error.ts';

const TOKEN = 'e3a4f1c95d7b20886c';

async function start(token: string | undefined) {
  let secret = token === undefined ? undefined : new Secret(token);
  const access = createAccess({
    token: () => secret,
    trustedProxies: () => undefined,
    clock: systemClock,
  });
  const app = express();
  app.post('/api/login', express.json(), access.login);
  app.use('/api', access.require);
  app.get('/api/state', (_req, res) => void res.json({ actor: res.locals['actor'] }));
  app.use(answerErrors({ error: () => undefined } as never));
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = async (headers: Record<string, string> = {}) =>
    (await call(port, { method: 'GET', path: '/api/state', body: '', headers })).status;
  const bearer = (given: string) => ask({ authorization: `Bearer ${given}` });
  const setToken = (next: string | undefined): void => {
    secret = next === undefined ? undefined : new Secret(next);
  };
  return { port, ask, bearer, setToken };
}

describe('the admin API without a token', () => {
  it.each([
    { 'x-forwarded-for': '127.0.0.1' },
    { forwarded: 'for=127.0.0.1' },
    { via: '1.1 caddy' },
    { host: 'dashboard.example.lan' },
  ])('is closed to %j, though the socket is of this machine', async (headers) => {
    const { port, ask } = await start(undefined);
    for (let round = 0; round < 2; round += 1) {
      expect(await ask(headers as unknown as Record<string, string>)).toBe(401);
      expect(await ask()).toBe(200);
    }
    const login = await call(port, {
      path: '/api/login',
      body: '{"token":"anything"}',
      headers: headers as unknown as Record<string, string>,
    });
    expect(login.status).toBe(401);
    expect(login.headers).not.toHaveProperty('set-cookie');
  });
});

describe('the admin token', () => {
  it('does not open the API when it is removed', async () => {
    const { ask, bearer, setToken } = await start(TOKEN);
    expect([await ask(), await bearer(TOKEN)]).toEqual([401, 200]);
    setToken(undefined);
    expect([await ask(), await bearer(TOKEN), await bearer('')]).toEqual([401, 401, 401]);
    setToken('another-5d81f0c36b7a94');
    expect([await ask(), await bearer('another-5d81f0c36b7a94')]).toEqual([401, 200]);
  });

  it('is accepted immediately if it is right, even while others guess from the same address', async () => {
    const { port, bearer } = await start(TOKEN);
    const order: string[] = [];
    const guesses = Array.from({ length: 25 }, async (_, round) => {
      expect(await bearer(`guess-${round}`)).toBe(401);
      order.push('wrong');
    });
    const login = call(port, { path: '/api/login', body: '{"token":"guess"}' }).then(
      ({ status }) => {
        expect(status).toBe(401);
        order.push('wrong');
      },
    );
    for (let round = 0; round < 3; round += 1) {
      expect(await bearer(TOKEN)).toBe(200);
      order.push('right');
    }
    await Promise.all([...guesses, login]);
    expect(order.slice(0, 3)).toEqual(['right', 'right', 'right']);
    expect(order).toHaveLength(29);
  });

  it('is accepted with two spaces after Bearer', async () => {
    const { ask } = await start(TOKEN);
    expect(await ask({ authorization: `Bearer  ${TOKEN}` })).toBe(200);
  });
});
