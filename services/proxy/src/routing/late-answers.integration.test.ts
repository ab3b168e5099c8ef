/** Where a session starts if its model answers late at the preferred endpoint. */

import { eventually } from '@zephyr/testkit/eventually';
import { call, STREAM_BODY } from '@zephyr/testkit/http-call';
import { sse, type UpstreamScript } from '@zephyr/testkit/upstream-scripts';
import { redisOfTest } from '@zephyr/testkit/use-redis';
import { expect, it } from 'vitest';
import { startRig } from '../test-support/rig.ts';
import { publishSnapshot } from '../test-support/snapshots.ts';

/** Above the limit in `late-answers.ts`. */
const LATE_MS = 10_500;
const [LATE, PROMPT] = ['claude-opus-4-8', 'claude-haiku-4-5'];

it('starts elsewhere, unless an operator chose the endpoint; sessions with prompt answers stay', {
  timeout: 180_000,
}, async () => {
  const { server, redis } = await redisOfTest();
  const { proxy, first, second } = await startRig({ redisUrl: server.url });
  const answer: UpstreamScript = async (turn) => {
    await turn.bodyComplete;
    const isLate = turn.request.body.includes(LATE);
    await sse({ delayMs: isLate ? LATE_MS : 0 })(turn);
  };
  first.always(answer);
  second.always(sse());
  const ask = async (session: string, model: string) => {
    const headers = { 'x-claude-code-session-id': session };
    const body = STREAM_BODY.replace(PROMPT, model);
    return (await call(proxy.port, { headers, body })).headers['x-zephyr-endpoint'];
  };
  const publish = async (version: number, kind: 'auto' | 'manual') => {
    const { configHash } = proxy;
    await publishSnapshot(redis, { order: ['e1', 'e2'], version, configHash, kind });
    await eventually(async () => expect((await proxy.status()).snapshot.version).toBe(version));
  };
  await publish(1, 'manual');
  const sessions = ['session-1', 'session-2', 'session-3', 'session-4'];
  const served = await Promise.all(sessions.map((session) => ask(session, LATE)));
  expect(served).toEqual(['e1', 'e1', 'e1', 'e1']);
  expect(await ask('session-5', LATE)).toBe('e1');
  await publish(2, 'auto');
  expect(await ask('session-6', LATE)).toBe('e2');
  expect(await ask('session-7', PROMPT)).toBe('e1');
});
