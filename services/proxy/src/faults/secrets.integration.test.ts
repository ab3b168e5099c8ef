/** Canaries stand for every secret; after a run through many faults the test searches for them everywhere. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { eventually } from '@zephyr/testkit/eventually';
import { call, sendRaw } from '@zephyr/testkit/http-call';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import {
  cutSse,
  hang,
  raw,
  reset,
  sse,
  status,
  type UpstreamScript,
} from '@zephyr/testkit/upstream-scripts';
import { redisOfTest } from '@zephyr/testkit/use-redis';
import type { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { startTestProxy, tokenOf } from '../test-support/test-proxy.ts';

const CLIENT_KEY = 'canary-client-77aa01';
const PROMPT = 'canary-prompt-51cd';

const FAULTS: readonly UpstreamScript[] = [
  sse(),
  reset(),
  status(500, {}, `{"type":"error","error":{"type":"api_error","message":"${tokenOf('red')}"}}`),
  status(401, {}, `{"error":{"message":"bad key ${tokenOf('red')}"}}`),
  raw(`HTTP/1.1 200 OK\r\n${tokenOf('red')}\r\n\r\n`),
  cutSse(3, 'reset'),
  hang(),
  raw('HTTP/1.1 099 x\r\n\r\n'),
];

async function everythingIn(redis: Redis): Promise<string> {
  const found: string[] = [];
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key);
    if (type === 'string') found.push(key, (await redis.get(key)) ?? '');
    else if (type === 'stream') found.push(key, JSON.stringify(await redis.xrange(key, '-', '+')));
    else if (type === 'set') found.push(key, ...(await redis.smembers(key)));
    else found.push(key, type);
  }
  return found.join('\n');
}

it('no secret is found in logs, errors, metrics, Redis, the disk or at another endpoint', async () => {
  const { server, redis } = await redisOfTest();
  const [red, blue] = await Promise.all([startScriptedUpstream(), startScriptedUpstream()]);
  const proxy = await startTestProxy({
    endpoints: [red.url, blue.url],
    groups: ['red', 'blue'],
    redisUrl: server.url,
    clientKeys: [{ name: 'a', sha256: createHash('sha256').update(CLIENT_KEY).digest('hex') }],
    failover: { failuresToEject: 1_000 },
  });
  onTestFinished(async () => {
    await Promise.all([red.stop(), blue.stop()]);
    await proxy.stop();
  });
  const answers: string[] = [];
  const headers = { authorization: `Bearer ${CLIENT_KEY}`, cookie: `k=${CLIENT_KEY}` };
  const body = JSON.stringify({ stream: true, messages: [{ role: 'user', content: PROMPT }] });
  for (const fault of FAULTS) {
    red.next(fault);
    const result = await call(proxy.port, { headers, body });
    answers.push(JSON.stringify([result.headers, result.text]));
  }
  await call(proxy.port, { headers: { 'x-api-key': `wrong-${CLIENT_KEY}` }, body });
  answers.push((await sendRaw(proxy.port, `GET /v1/x?k=${CLIENT_KEY} HTTP/9\r\n\r\n`)).text);
  for (const path of ['/status', '/diagnostics', '/metrics', '/nowhere']) {
    answers.push((await call(proxy.port, { method: 'GET', path, body: '' })).text);
  }
  await eventually(async () => expect(await everythingIn(redis)).toContain('succeeded'));

  const leaks = {
    'answers to clients': answers.join('\n'),
    log: proxy.log(),
    redis: await everythingIn(redis),
    argv: readFileSync('/proc/self/cmdline', 'utf8'),
  };
  for (const [place, text] of Object.entries(leaks)) {
    for (const secret of [tokenOf('red'), tokenOf('blue'), CLIENT_KEY, PROMPT]) {
      expect(text.includes(secret), `${secret} in ${place}`).toBe(false);
    }
  }
  const atRed = JSON.stringify(red.ledger.map(({ head }) => head));
  const atBlue = JSON.stringify(blue.ledger.map(({ head }) => head));
  expect(atRed).toContain(tokenOf('red'));
  expect(atBlue).toContain(tokenOf('blue'));
  expect(atRed + atBlue).not.toContain(CLIENT_KEY);
  expect(atRed).not.toContain(tokenOf('blue'));
  expect(atBlue).not.toContain(tokenOf('red'));
});
