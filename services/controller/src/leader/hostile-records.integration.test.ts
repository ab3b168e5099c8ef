/** What a compromised proxy can write to Redis: the leader keeps working, beside an honest proxy. */

import { readFileSync } from 'node:fs';
import type { PresenceReport } from '@zephyr/contract/route/presence';
import { LAST_VERSION } from '@zephyr/contract/scalars';
import { KIB, MIB } from '@zephyr/contract/units';
import { keys } from '@zephyr/runtime/redis/keys';
import { eventually } from '@zephyr/testkit/eventually';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControllerProcess } from '../test-support/controller-process.ts';

const { server, redis } = await redisOfFile();
let controller: ControllerProcess;

const start = () => ControllerProcess.start({ redisUrl: server.url });

beforeEach(async () => {
  controller = await start();
  await served();
});
afterEach(async () => {
  await controller.stop();
});

const served = () =>
  eventually(async () => expect((await controller.get('/api/state')).status).toBe(200), 100);

const outcome = (endpoints: string, proxyId = 'stolen-1') =>
  redis.xadd(keys.outcomes, '*', 'json', `{"proxyId":"${proxyId}","endpoints":${endpoints}}`);
const counts = (succeeded: number) => `{"succeeded":${succeeded},"failed":{},"ttft":[]}`;

async function present(id: string, about: Partial<PresenceReport> & object = {}): Promise<void> {
  const record = {
    ...{ proxyId: id, status: 'serving', startedAtMs: Date.now(), snapshot: null },
    ...{ configHash: 'x', activeRequests: {}, ejections: {}, ...about },
  };
  await redis.sadd(keys.proxies, id);
  await redis.set(keys.proxy(id), JSON.stringify(record), 'PX', 5_000);
}

/** The honest proxy's report arrives after everything written before it: batches keep succeeding. */
async function honestArrives(endpointId: string): Promise<void> {
  const before = (await stateOf(endpointId))?.successRatio ?? null;
  expect(before === null || before <= 1).toBe(true);
  await present('honest-1', { activeRequests: { [endpointId]: 3 } });
  await outcome(`{"${endpointId}":${counts(5)}}`, 'honest-1');
  await eventually(async () => {
    await present('honest-1', { activeRequests: { [endpointId]: 3 } });
    expect(await stateOf(endpointId)).toMatchObject({ activeRequests: 3, successRatio: 1 });
  }, 100);
}

const stateOf = async (id: string) =>
  (await controller.state()).endpoints.find((endpoint) => endpoint.id === id);
const ready = async () => (await controller.get('/readyz')).status;
const residentMiB = () => {
  const status = readFileSync(`/proc/${controller.child.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
};

describe('records that name unconfigured endpoints', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'nobody'])(
    'an outcome for the endpoint %s stops nothing, also after a restart',
    async (name) => {
      await outcome(`{"${name}":${counts(1)}}`);
      await outcome(`{"${name}":${counts(1)},"one":${counts(1)}}`, name);
      await present('stolen-1', { activeRequests: JSON.parse(`{"${name}":1e6}`) });
      await honestArrives('one');
      expect(await ready()).toBe(200);
      expect(await redis.get(keys.world)).not.toContain(`"${name}":`);
      await controller.stop();
      controller = await start();
      await served();
      await honestArrives('two');
      expect(await ready()).toBe(200);
    },
  );
});

describe('records that are too large, too many, or malformed', () => {
  it('are set aside and counted, and exhaust neither the controller nor Redis', async () => {
    const before = residentMiB();
    const large = 'x'.repeat(8 * MIB);
    for (let n = 0; n < 12; n += 1) {
      await outcome(`{"one":${counts(1)},"${large}":${counts(1)}}`);
      await redis.sadd(keys.proxies, `large-${n}`);
      await redis.set(keys.proxy(`large-${n}`), large);
    }
    const many = redis.pipeline();
    for (let n = 0; n < 3_000; n += 1) {
      many.sadd(keys.proxies, `invented-${n}`);
      many.sadd(keys.proxies, `not an id ${n}`);
    }
    await many.exec();
    await present('another', { proxyId: 'honest-1' });
    await eventually(async () => {
      expect(await redis.xlen(keys.outcomes)).toBeLessThan(12);
      expect(await redis.scard(keys.proxies)).toBeLessThan(600);
    }, 100);
    await honestArrives('one');
    const metrics = await (await controller.get('/metrics')).text();
    expect(metrics).toMatch(/records_set_aside_total\{kind="outcomes"\} [1-9]/);
    expect(metrics).toMatch(/records_set_aside_total\{kind="presence"\} [1-9]/);
    const health = (await (await controller.get('/health')).json()) as object;
    expect(health).toMatchObject({ batches: 'ok', records_set_aside: expect.any(Number) });
    // 192 MiB were written, and would be in memory twice: as bytes and as text.
    expect(residentMiB() - before).toBeLessThan(180);
  });

  it.each([keys.outcomes, keys.sessions])('as many entries of any size: %s', async (key) => {
    const entry = 'x'.repeat(60 * KIB);
    for (let n = 0; n < 10; n += 1) {
      const many = redis.pipeline();
      for (let m = 0; m < 50; m += 1) many.xadd(key, '*', 'json', entry);
      await many.exec();
    }
    await eventually(async () => {
      expect(await redis.memory('USAGE', key)).toBeLessThan(17 * MIB);
    }, 100);
    await honestArrives('one');
  });

  it('even if their size comes from empty fields', async () => {
    for (let round = 0; round < 2; round += 1) {
      await redis.xadd(keys.outcomes, '*', ...Array<string>(50_000).fill(''));
      await eventually(async () => {
        const entries = await redis.xrange(keys.outcomes, '-', '+');
        expect(entries.map(([, fields]) => fields.length)).not.toContain(50_000);
      }, 100);
      await honestArrives('one');
    }
  });

  it('are not shown to people, unlike the honest reports', async () => {
    await outcome(`{"one":${counts(1).replace('[]', '[{"class":"opus/m/cached","ms":77}]')}}`);
    const large = 'x'.repeat(8 * MIB);
    for (let n = 0; n < 6; n += 1) await redis.xadd(keys.outcomes, '*', 'json', large);
    const before = Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1]);
    for (let round = 0; round < 3; round += 1) {
      expect(await (await controller.get('/api/history')).text()).toContain('"latencyMs":77');
    }
    const after = Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1]);
    expect(after - before).toBeLessThan(8 * MIB);
    await honestArrives('one');
  });

  it('a presence without an expiry gets one', async () => {
    await present('honest-1');
    await redis.sadd(keys.proxies, 'stolen-1');
    await redis.set(keys.proxy('stolen-1'), JSON.stringify({ proxyId: 'stolen-1' }));
    await eventually(async () => {
      expect(await redis.pttl(keys.proxy('stolen-1'))).toBeGreaterThan(0);
    }, 100);
  });

  it('a command with an unknown body is refused, and the next one is answered', async () => {
    const record = { name: 'pin', body: { endpointId: 7 }, actor: 'api' };
    await redis.xadd(keys.commands, '*', 'json', JSON.stringify(record));
    expect((await controller.command('pin', { endpointId: 'one' })).status).toBe(200);
    expect(await ready()).toBe(200);
  });
});

describe('numbers at their limits', () => {
  it.each([
    { name: 'a version at the end of the safe integers', version: Number.MAX_SAFE_INTEGER },
    { name: 'the last version that there may be', version: LAST_VERSION },
    { name: 'an epoch of another age', epoch: LAST_VERSION },
    { name: 'an epoch that cannot be read', epoch: Number.MAX_SAFE_INTEGER },
  ])('do not strand the proxies: $name', async ({ name: _, ...numbers }) => {
    const text = await redis.get(keys.snapshot);
    const former = { ...JSON.parse(text ?? '{}'), ...numbers };
    await controller.stop();
    await redis.set(keys.snapshot, JSON.stringify(former));
    if ('epoch' in numbers) await redis.set(keys.epoch, String(numbers.epoch));
    controller = await start();
    await served();
    expect((await controller.command('pin', { endpointId: 'two' })).status).toBe(200);
    await eventually(async () => {
      const next = JSON.parse((await redis.get(keys.snapshot)) ?? '{}');
      expect(next.selection.activeId).toBe('two');
      for (const number of [next.epoch, next.version]) {
        expect(Number.isSafeInteger(number) && number <= LAST_VERSION).toBe(true);
      }
      const isNewer =
        next.incarnation !== former.incarnation ||
        next.epoch > former.epoch ||
        (next.epoch === former.epoch && next.version > former.version);
      expect(isNewer).toBe(true);
    }, 100);
  });
});
