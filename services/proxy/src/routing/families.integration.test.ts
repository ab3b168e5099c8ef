/** A session stays with endpoints that accept its thinking signatures. */
import { eventually } from '@zephyr/testkit/eventually';
import { type CallResult, call } from '@zephyr/testkit/http-call';
import { json, status } from '@zephyr/testkit/upstream-scripts';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { describe, expect, it } from 'vitest';

import { startRig } from '../test-support/rig.ts';
import { publishSnapshot } from '../test-support/snapshots.ts';

const { server, redis } = await redisOfFile();

const FAMILIES = {
  e1: 'family = "anthropic"',
  e2: 'family = "bedrock"',
  e3: 'family = "anthropic"',
};

async function startFamilies() {
  const rig = await startRig({
    redisUrl: server.url,
    count: 3,
    endpointKeys: FAMILIES,
    failover: { maxRetries: 5, retriesPerSecond: 100 },
  });
  const { proxy } = rig;
  let version = 0;
  const prefer = async (...order: readonly string[]): Promise<void> => {
    version += 1;
    await publishSnapshot(redis, { order, version, configHash: proxy.configHash });
    await eventually(async () => expect((await proxy.status()).snapshot.version).toBe(version));
  };
  const ask = async (session = 'session-of-ann'): Promise<CallResult> =>
    await call(proxy.port, { headers: { 'x-claude-code-session-id': session } });
  return { ...rig, prefer, ask };
}

const servedBy = ({ headers }: CallResult) => headers['x-zephyr-endpoint'];
const leftBy = ({ headers }: CallResult) => headers['x-zephyr-left-family'];

describe('a session with a signature family', () => {
  it('stays within it if another one is active, and on failover', async () => {
    const { first, prefer, ask } = await startFamilies();
    await prefer('e1', 'e2', 'e3');
    expect(servedBy(await ask())).toBe('e1');
    first.always(status(500));
    const moved = await ask();
    expect([servedBy(moved), leftBy(moved)]).toEqual(['e3', undefined]);
    await prefer('e2', 'e1', 'e3');
    expect(servedBy(await ask())).toBe('e3');
    expect(servedBy(await ask('session-of-bob'))).toBe('e2');
  });

  it('reports when it has to leave it, and then belongs to the other one', async () => {
    const { upstreams, proxy, prefer, ask } = await startFamilies();
    await prefer('e1', 'e2', 'e3');
    expect(servedBy(await ask())).toBe('e1');
    for (const upstream of [upstreams[0], upstreams[2]]) upstream?.always(status(500));
    const moved = await ask();
    expect([servedBy(moved), leftBy(moved)]).toEqual(['e2', 'anthropic']);
    expect(proxy.log().match(/a session left its signature family/g)).toHaveLength(1);
    const later = await ask();
    expect([servedBy(later), leftBy(later)]).toEqual(['e2', undefined]);
  });

  it('is found by trying another one if its thinking is refused: the session was unknown', async () => {
    const { upstreams, prefer, ask } = await startFamilies();
    await prefer('e1', 'e3', 'e2');
    const message = 'messages.1.content.0: Invalid `signature` in `thinking` block';
    const error = { type: 'invalid_request_error', message };
    const refusal = json({ type: 'error', error }, 400);
    for (const upstream of [upstreams[0], upstreams[2]]) upstream?.always(refusal);
    // Without trying e3, which is of the same family as e1.
    const found = await ask();
    expect([found.status, servedBy(found), leftBy(found)]).toEqual([200, 'e2', undefined]);
    expect(servedBy(await ask())).toBe('e2');
    expect(upstreams.map(({ ledger }) => ledger.length)).toEqual([1, 2, 0]);
    upstreams[1]?.always(refusal);
    const refused = await ask('session-of-bob');
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining(message)]);
  });

  it('is named in the error if no endpoint serves it', async () => {
    const { upstreams, prefer, ask } = await startFamilies();
    await prefer('e1', 'e2', 'e3');
    await ask();
    for (const upstream of upstreams) await upstream.refuse();
    const failed = await ask();
    expect(leftBy(failed)).toBe('anthropic');
    expect(failed.text).toContain('no endpoint of the family anthropic');
  });
});
