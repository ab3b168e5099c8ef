/** Who may use the admin API, over real local sockets. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

import { DAY_MS } from '@zephyr/contract/units';
import { Secret } from '@zephyr/runtime/secret';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createAccess } from './authentication.ts';
import { answerErrors } from './problem-error.ts';

const TOKEN = 'e3a4f1c95d7b20886c';

async function start(token: string | undefined) {
  let secret = token === undefined ? undefined : new Secret(token);
  const clock = new ManualClock();
  const access = createAccess({ token: () => secret, trustedProxies: () => undefined, clock });
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
  return { port, clock, ask, bearer, setToken };
}

describe('the admin API without a token', () => {
  it.each([
    { 'x-forwarded-for': '127.0.0.1' },
    { forwarded: 'for=127.0.0.1' },
    { via: '1.1 caddy' },
    { host: 'dashboard.example.lan' },
  ])('is closed to %j, though the socket is of this machine', async (headers) => {
    const { port, clock, ask } = await start(undefined);
    for (let round = 0; round < 2; round += 1) {
      expect(await ask(headers as unknown as Record<string, string>)).toBe(401);
      expect(await ask()).toBe(200);
    }
    const asking = call(port, {
      path: '/api/login',
      body: '{"token":"anything"}',
      headers: headers as unknown as Record<string, string>,
    });
    await eventually(() => expect(clock.timers).toBe(1));
    clock.advance(500);
    const login = await asking;
    expect(login.status).toBe(401);
    expect(login.headers).not.toHaveProperty('set-cookie');
  });
});

describe('the admin token', () => {
  it('does not open the API when it is removed', async () => {
    const { clock, ask, bearer, setToken } = await start(TOKEN);
    expect([await ask(), await bearer(TOKEN)]).toEqual([401, 200]);
    setToken(undefined);
    expect(await ask()).toBe(401);
    const former = [bearer(TOKEN), bearer('')];
    await eventually(() => expect(clock.timers).toBe(2));
    clock.advance(500);
    expect(await Promise.all(former)).toEqual([401, 401]);
    setToken('another-5d81f0c36b7a94');
    expect([await ask(), await bearer('another-5d81f0c36b7a94')]).toEqual([401, 200]);
  });

  it('is accepted immediately if it is right, even while others guess from the same address', async () => {
    const { port, clock, bearer } = await start(TOKEN);
    const guesses = Array.from({ length: 25 }, (_, round) => bearer(`guess-${round}`));
    const login = call(port, { path: '/api/login', body: '{"token":"guess"}' });
    // All of them wait, and time does not pass.
    await eventually(() => expect(clock.timers).toBe(26));
    for (let round = 0; round < 3; round += 1) expect(await bearer(TOKEN)).toBe(200);
    expect(clock.timers).toBe(26);
    clock.advance(2_000);
    expect(new Set(await Promise.all(guesses))).toEqual(new Set([401]));
    expect((await login).status).toBe(401);
  });

  it('is refused half a second later if it is wrong, and two from the 21st within a minute', async () => {
    const { clock, bearer } = await start(TOKEN);
    const refusedAfterMs = async (): Promise<number> => {
      const beganAtMs = clock.nowMs();
      const refused = bearer('a guess');
      await eventually(() => expect(clock.timers).toBe(1), 2);
      clock.advance(500);
      if (clock.timers > 0) clock.advance(1_500);
      expect(await refused).toBe(401);
      return clock.nowMs() - beganAtMs;
    };
    for (let round = 0; round < 20; round += 1) expect(await refusedAfterMs()).toBe(500);
    expect(await refusedAfterMs()).toBe(2_000);
    clock.advance(60_000);
    expect(await refusedAfterMs()).toBe(500);
  });

  it('is no guess if it is missing: that is refused immediately', async () => {
    const { clock, ask } = await start(TOKEN);
    for (let round = 0; round < 25; round += 1) expect(await ask()).toBe(401);
    expect(await ask({ cookie: 'zephyr_session=1.expired' })).toBe(401);
    expect(clock.timers).toBe(0);
  });

  it('that is wrong keeps nothing waiting for a client that has gone', async () => {
    const { port, clock } = await start(TOKEN);
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET /api/state HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\n\r\n`);
    await eventually(() => expect(clock.timers).toBe(1));
    socket.destroy();
    await eventually(() => expect(clock.timers).toBe(0));
  });

  it('gives a session of seven days', async () => {
    const { port, clock, ask } = await start(TOKEN);
    const login = await call(port, { path: '/api/login', body: JSON.stringify({ token: TOKEN }) });
    const cookie = /^zephyr_session=[^;]+/.exec(String(login.headers['set-cookie']))?.[0] ?? '';
    clock.advance(7 * DAY_MS - 1);
    expect(await ask({ cookie })).toBe(200);
    clock.advance(1);
    expect(await ask({ cookie })).toBe(401);
  });

  it('is accepted with two spaces after Bearer', async () => {
    const { ask } = await start(TOKEN);
    expect(await ask({ authorization: `Bearer  ${TOKEN}` })).toBe(200);
  });
});
