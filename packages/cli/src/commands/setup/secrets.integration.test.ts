import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keys } from '@zephyr/runtime/redis/keys';
import { syncLimits } from '@zephyr/runtime/redis/people-limits-store';
import { type RedisServer, startRedisServer } from '@zephyr/runtime/redis/private-server';
import { readSessionEntries } from '@zephyr/runtime/redis/proxy-records';
import {
  offerUsageScripts,
  readOwnDays,
  readUsage,
  recordUsage,
} from '@zephyr/runtime/redis/usage-store';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { makeSecrets } from './secrets.ts';

describe('the secrets of a deployment', () => {
  let folder: string;
  let server: RedisServer;
  const clients: Redis[] = [];
  const read = (path: string) => readFileSync(join(folder, path), 'utf8').trim();
  const connect = (user: string, password: string, url = server.url): Redis => {
    const path = new URL(url).pathname;
    const client = new Redis({
      ...{ path, username: user, password, enableReadyCheck: false },
      ...{ retryStrategy: () => null, maxRetriesPerRequest: 0 },
    });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };
  const as = (user: string, url?: string) =>
    connect(user, new URL(read(`${user}/redis-url`)).password, url);

  beforeAll(async () => {
    folder = join(mkdtempSync(join(tmpdir(), 'zephyr-secrets-')), 'secrets');
    makeSecrets(folder, { redis: 'redis:6379' });
    server = await startRedisServer({
      extraArguments: ['--aclfile', join(folder, 'redis/users.acl')],
    });
  });
  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await server.stop();
    rmSync(join(folder, '..'), { recursive: true });
  });

  it('keeps existing passwords and writes them nowhere else', () => {
    const password = new URL(read('proxy/redis-url')).password;
    expect(makeSecrets(folder, { redis: 'redis:6379' })).toEqual([]);
    expect(read('proxy/redis-url')).toContain(password);
    expect(read('redis/users.acl')).not.toContain(password);
    expect(statSync(folder).mode & 0o077).toBe(0);
  });

  it('gives the prober’s file to its group only, including one of an earlier version', () => {
    const file = join(folder, 'prober/redis-url');
    for (const before of [0o440, 0o444]) {
      chmodSync(file, before);
      makeSecrets(folder, { redis: 'redis:6379' });
      expect(statSync(file).mode & 0o777).toBe(0o440);
    }
  });

  it('lets nobody in without a password', async () => {
    await expect(connect('default', '').ping()).rejects.toThrow();
    await expect(connect('proxy', 'wrong').ping()).rejects.toThrow();
    const health = connect('health', 'any');
    expect(await health.ping()).toBe('PONG');
    await expect(health.get(keys.snapshot)).rejects.toThrow(/NOPERM/);
  });

  const forbidden: readonly [user: string, command: string, ...args: string[]][] = [
    ...((['proxy', 'prober', 'controller'] as const).flatMap((user) =>
      [
        ['flushall'],
        ['config', 'get', '*'],
        ['keys', '*'],
        ['monitor'],
        ['script', 'flush'],
        ['acl', 'list'],
        ['shutdown'],
        ['replicaof', 'no', 'one'],
        ['client', 'kill', 'type', 'normal'],
        ['set', 'outside', 'x'],
      ].map(([command = '', ...args]) => [user, command, ...args] as const),
    ) as [string, string, ...string[]][]),
    ['proxy', 'set', keys.snapshot, 'x'],
    ['proxy', 'eval', 'return 1', '0'],
    ['proxy', 'get', keys.operator],
    ['proxy', 'script', 'load', 'return 1'],
    ['proxy', 'del', keys.usageDay('2026-11-28')],
    ['proxy', 'expire', keys.usageDay('2026-11-28'), '1'],
    ['proxy', 'hset', keys.view, 'a', 'b'],
    ['prober', 'del', keys.usageDay('2026-11-28')],
    ['proxy', 'xrange', keys.outcomes, '-', '+'],
    ['prober', 'set', keys.snapshot, 'x'],
    ['prober', 'get', keys.operator],
  ];
  it.each(forbidden)('refuses %s the command %s %s', async (user, command, ...args) => {
    await expect(as(user).call(command, ...args)).rejects.toThrow(/NOPERM/);
  });

  it('keeps the writes of scripts across a restart of Redis', async () => {
    const dataFolder = join(folder, '../data');
    const extraArguments = ['--aclfile', join(folder, 'redis/users.acl')];
    const script = 'redis.call("set", KEYS[1], "1") return redis.call("set", KEYS[2], "2")';
    const first = await startRedisServer({ dataFolder, extraArguments });
    await as('controller', first.url).eval(script, 2, keys.epoch, keys.incarnation);
    await first.stop();
    const second = await startRedisServer({ dataFolder, extraArguments });
    try {
      expect(await as('controller', second.url).get(keys.incarnation)).toBe('2');
    } finally {
      await second.stop();
    }
  });

  it('lets proxies and probers use the ledger by the scripts that a controller has loaded', async () => {
    const counts = {
      ...{ requests: 1, failed: 0, inputTokens: 1, outputTokens: 1, cacheReadTokens: 1 },
      ...{ cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, costNanoUsd: 1, unpriced: 0 },
      ...{ incomplete: 0, possiblyBilledTwice: 0 },
    };
    const row = { person: 'ann', endpoint: 'e', model: 'm', fromAtMs: 0, counts };
    const batch = { writer: 'w', sequence: 1, rows: [row], records: [] };
    await expect(recordUsage(as('proxy'), batch, { people: 1 })).rejects.toThrow(/NOPERM/);
    await offerUsageScripts(as('controller'));
    expect(await recordUsage(as('proxy'), batch, { people: 1 })).toBe('written');
    expect(await recordUsage(as('prober'), { ...batch, writer: 'p' }, { people: 1 })).toBe(
      'written',
    );
    const range = { sinceAtMs: 0, untilAtMs: 1, unit: 'day' } as const;
    const { rows } = await readUsage(as('controller'), range);
    expect(rows).toMatchObject([{ person: 'ann', counts: { requests: 2 } }]);
    expect(await readOwnDays(as('proxy'), 'ann', range)).toHaveLength(1);
    const letIn = { requests: 1, tokens: 2, active: 3 };
    const share = { minuteAtMs: 0, people: new Map([['ann', letIn]]) };
    const read = await syncLimits(as('proxy'), 0, { proxyId: 'p', share });
    expect([...read.letIn]).toEqual([['ann', letIn]]);
    expect([...read.spent.month.people]).toEqual(expect.arrayContaining([['ann', 2]]));
    expect((await as('proxy').hscan(keys.usageDay('1970-01-01'), 0))[1]).toHaveLength(2);
  });

  it('gives each service what it needs', async () => {
    const controller = as('controller');
    expect(await controller.set(keys.snapshot, '{}')).toBe('OK');
    expect(await controller.eval('return redis.call("get", KEYS[1])', 1, keys.snapshot)).toBe('{}');
    expect(await as('proxy').get(keys.snapshot)).toBe('{}');
    expect(await as('proxy').xadd(keys.outcomes, '*', 'json', '{}')).toMatch(/-/);
    expect(await as('proxy').xadd(keys.sessions, '*', 'json', '{}')).toMatch(/-/);
    for (const afterId of [undefined, '0-0']) {
      const read = await readSessionEntries(as('proxy'), { afterId, count: 2 });
      expect(read?.entries).toHaveLength(1);
    }
    expect(await as('prober').xadd(keys.probes, '*', 'json', '{}')).toMatch(/-/);
  });
});
