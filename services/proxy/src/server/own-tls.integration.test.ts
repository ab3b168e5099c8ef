/** The proxy's own HTTPS: a LAN needs no reverse proxy. */
import { once } from 'node:events';
import { request } from 'node:https';

import { Secret } from '@zephyr/runtime/secret';
import { call } from '@zephyr/testkit/http-call';
import { VALID } from '@zephyr/testkit/tls-fixture';
import { expect, it } from 'vitest';

import { startRig } from '../test-support/rig.ts';

it('serves over TLS, plain HTTP to this machine, and says https in its advice', async () => {
  const certificate = { certificate: VALID.cert, key: new Secret(VALID.key) };
  const { proxy } = await startRig({ certificate });
  const ask = async (path: string) => {
    const req = request({
      ...{ host: '127.0.0.1', port: proxy.port, path, method: 'POST', ca: VALID.cert },
      headers: { 'content-type': 'application/json' },
    });
    req.end(JSON.stringify({ model: 'm', max_tokens: 1, messages: [], stream: true }));
    const [res] = (await once(req, 'response')) as [
      AsyncIterable<Buffer> & { readonly statusCode: number },
    ];
    let text = '';
    for await (const part of res) text += part.toString();
    return { status: res.statusCode, text };
  };
  const answer = await ask('/v1/messages');
  expect(answer.status).toBe(200);
  expect(answer.text).toContain('message_stop');
  expect((await ask('/v1/v1/messages')).text).toContain(`https://127.0.0.1:${proxy.port} of`);
  expect((await call(proxy.port)).status).toBe(200);
});
