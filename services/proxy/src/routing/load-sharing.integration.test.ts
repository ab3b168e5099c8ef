/** Several endpoints share new sessions by weight. */
import { endpointId, sharedEndpoint } from '@zephyr/core';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { status } from '@zephyr/testkit/upstream-scripts';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { describe, expect, it } from 'vitest';
import { startRig } from '../test-support/rig.ts';
import { publishSnapshot } from '../test-support/snapshots.ts';

const { server, redis } = await redisOfFile();

const sessions = Array.from({ length: 60 }, (_, index) => `session-of-work-${index}`);

async function startSharing(shares: Readonly<Record<string, number>>) {
  const order = Object.keys(shares);
  const rig = await startRig({ redisUrl: server.url, count: order.length });
  const { proxy } = rig;
  await publishSnapshot(redis, { order, shares, configHash: proxy.configHash });
  await eventually(async () => expect((await proxy.status()).snapshot.version).toBe(1));
  const ask = async (session?: string): Promise<string> => {
    const headers: Record<string, string> =
      session === undefined ? {} : { 'x-claude-code-session-id': session };
    return String((await call(proxy.port, { headers })).headers['x-zephyr-endpoint']);
  };
  const askAll = async (): Promise<readonly string[]> => {
    const served: string[] = [];
    for (const session of sessions) served.push(await ask(session));
    return served;
  };
  return { ...rig, ask, askAll };
}

describe('endpoints that share the load', () => {
  it('get sessions by weight, which stay where they started', async () => {
    const { proxy, ask, askAll } = await startSharing({ e1: 3, e2: 1 });
    const first = await askAll();
    const atSecond = first.filter((id) => id === 'e2').length;
    expect(atSecond).toBeGreaterThan(5);
    expect(atSecond).toBeLessThan(30);
    expect(await askAll()).toEqual(first);
    const alone = await Promise.all(sessions.map(async () => await ask()));
    expect(new Set(alone)).toEqual(new Set(['e1', 'e2']));
    const { endpoints } = await proxy.status();
    expect(endpoints.map(({ share }) => share)).toEqual([0.75, 0.25]);
  });

  it('take over the sessions of one that fails here, by weight', async () => {
    const weights = { e1: 1, e2: 1, e3: 1 };
    const { second, askAll } = await startSharing(weights);
    second.always(status(500));
    const shares = Object.entries(weights).map(([id, weight]) => ({ id: endpointId(id), weight }));
    const served = await askAll();
    const taken = served.filter(
      (_, index) => sharedEndpoint(shares, sessions[index] ?? '') === 'e2',
    );
    expect(new Set(taken)).toEqual(new Set(['e1', 'e3']));
  });
});
