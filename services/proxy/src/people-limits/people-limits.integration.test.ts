/** Two proxies and one Redis enforce people's limits together, and continue without Redis. */
import { createHash } from 'node:crypto';
import { request } from 'node:http';

import { type OwnUsage, ownUsageSchema } from '@zephyr/contract/usage/people-limits';
import { NO_COUNTS, type UsageLimits } from '@zephyr/core';
import { systemClock } from '@zephyr/runtime/clock';
import { MAX_CONFIGURED_PEOPLE } from '@zephyr/runtime/config/keys/people-limits';
import { keys } from '@zephyr/runtime/redis/keys';
import { recordUsage } from '@zephyr/runtime/redis/usage-store';
import { eventually } from '@zephyr/testkit/eventually';
import { redisOfTest } from '@zephyr/testkit/use-redis';
import { describe, expect, it } from 'vitest';

import { ask, Bill, charged, ledgerOf, MODEL } from '../test-support/billed-requests.ts';
import { type ChangingRig, startChangingRig } from '../test-support/changing-config.ts';
import { PeopleLimits } from './people-limits.ts';

/** A time at which no minute or day ends during a test. */
const NOW_MS = Date.now() - (Date.now() % 86_400_000) + 12 * 3_600_000;
const clock = { ...systemClock, epochMs: () => NOW_MS };
const keyOf = (name: string) => `key-of-${name}-0123456789abcdef`;
const clientKeys = ['ann', 'bob'].map((name) => ({
  name,
  sha256: createHash('sha256').update(keyOf(name)).digest('hex'),
}));

interface People {
  readonly clients: readonly (UsageLimits & { readonly name: string })[];
  readonly teams?: readonly (UsageLimits & { readonly name: string; readonly members: string[] })[];
}

async function twoProxies(people: People) {
  const { server, redis } = await redisOfTest();
  const bill = new Bill();
  const start = () => startChangingRig({ count: 1, redisUrl: server.url, clock, clientKeys });
  const rigs = [await start(), await start()] as const;
  const limit = ({ clients, teams = [] }: People) => {
    for (const { source } of rigs) {
      source.change(({ config }) => ({ config: { ...config, clients, teams } }));
    }
  };
  limit(people);
  for (const { first } of rigs) first.always(charged(bill));
  return { server, redis, rigs, bill, limit, one: rigs[0], two: rigs[1] };
}

const asks = ({ proxy }: ChangingRig, name: string, model?: string) =>
  ask(proxy.port, { key: keyOf(name), ...(model === undefined ? {} : { model }) });

/** A request as sent by programs. */
function fetched({ proxy }: ChangingRig, name: string, path: string, accept = 'application/json') {
  const method = path === '/usage' ? 'GET' : 'POST';
  return fetch(`http://127.0.0.1:${proxy.port}${path}`, {
    method,
    headers: { 'x-api-key': keyOf(name), accept, 'content-type': 'application/json' },
    ...(method === 'GET' ? {} : { body: JSON.stringify({ model: MODEL, messages: [] }) }),
  });
}

async function usageOf(rig: ChangingRig, name: string): Promise<OwnUsage> {
  return ownUsageSchema.parse(await (await fetched(rig, name, '/usage')).json());
}

const budgetOf = async (rig: ChangingRig, name = 'ann') => (await usageOf(rig, name)).budgets[0];

describe('budgets', () => {
  it('apply to the sum of both proxies, per person, with hot reload, with grants, without Redis', async () => {
    const budgets = (usd: number): People => ({
      clients: [
        { name: 'ann', budgetUsdPerDay: usd },
        { name: 'bob', budgetUsdPerDay: 0.002 },
      ],
    });
    const { server, redis, one, two, limit } = await twoProxies(budgets(0.001));
    // One after the other at one proxy: it knows its own usage immediately.
    let answered = 0;
    while ((await asks(one, 'ann')) === 200) answered += 1;
    expect(answered).toBeGreaterThan(1);
    await eventually(async () => expect((await budgetOf(two))?.left_usd).toBe(0));

    const refused = await fetched(two, 'ann', '/v1/messages');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBe(12 * 3_600);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    // Over by at most the cost of one request, because nothing else was running.
    const { rows } = await ledgerOf(redis, ['person']);
    const spent = `$${rows[0]?.cost_usd.toFixed(4)}`;
    const tomorrow = new Date(NOW_MS + 12 * 3_600_000).toISOString().slice(0, 10);
    const { error } = (await refused.json()) as { error: { type: string; message: string } };
    expect(error.type).toBe('rate_limit_error');
    expect(error.message).toBe(
      `your daily budget is spent (${spent} of $0.0010); it resets at ${tomorrow} 00:00:00 UTC; for more, ask your operator`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.requests).toBe(answered);
    expect(rows[0]?.cost_usd).toBeLessThan(0.0013);
    // Free requests are not refused, and the other person is not affected.
    expect(
      await ask(two.proxy.port, { key: keyOf('ann'), path: '/v1/models', method: 'GET' }),
    ).toBe(200);
    expect(await asks(one, 'bob')).toBe(200);
    expect(await two.proxy.metrics()).toContain(
      'zephyr_proxy_limit_refusals_total{limit="budget_usd_per_day"} 1',
    );

    limit(budgets(1));
    expect(await asks(two, 'ann')).toBe(200);
    limit(budgets(0.001));
    expect(await asks(two, 'ann')).toBe(429);

    const dayAtMs = NOW_MS - 12 * 3_600_000;
    await redis.set(keys.usageGrants, JSON.stringify([{ name: 'ann', dayAtMs, usd: 0.5 }]));
    await eventually(async () => expect((await budgetOf(two))?.granted_usd).toBe(0.5));
    expect(await asks(two, 'ann')).toBe(200);
    await redis.del(keys.usageGrants);
    await eventually(async () => expect((await budgetOf(two))?.granted_usd).toBe(0));

    await server.stop();
    await eventually(async () => expect((await fetched(two, 'ann', '/usage')).status).toBe(503));
    expect(await asks(two, 'ann')).toBe(429);
    // For bob it keeps counting the requests it admits.
    let more = 0;
    while ((await asks(two, 'bob')) === 200) more += 1;
    expect(more).toBeGreaterThan(1);
  });

  it('of a team cover all its members', async () => {
    const { one, two } = await twoProxies({
      clients: [{ name: 'ann' }, { name: 'bob' }],
      teams: [{ name: 'core', members: ['ann', 'bob'], budgetUsdPerWeek: 0.0005 }],
    });
    while ((await asks(one, 'ann')) === 200);
    await eventually(async () => expect((await budgetOf(two, 'bob'))?.left_usd).toBe(0));
    const refused = await fetched(two, 'bob', '/v1/messages');
    expect(await refused.text()).toContain('the weekly budget of team core is spent');
  });
});

describe('rates', () => {
  it('are counted across both proxies when requests begin', async () => {
    const { one, two } = await twoProxies({ clients: [{ name: 'ann', requestsPerMinute: 4 }] });
    for (let n = 0; n < 3; n += 1) expect(await asks(one, 'ann')).toBe(200);
    await eventually(async () => expect((await usageOf(two, 'ann')).limits[0]?.used).toBe(3));
    expect(await asks(two, 'ann')).toBe(200);
    const refused = await fetched(two, 'ann', '/v1/messages');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    expect(refused.headers.get('x-should-retry')).toBeNull();
    expect(await refused.text()).toContain('your limit of 4 requests per minute is reached');
    expect(await asks(two, 'bob')).toBe(200);
  });

  it('of active requests are released with the request', async () => {
    const { one, two, bill } = await twoProxies({ clients: [{ name: 'ann', activeRequests: 1 }] });
    let end = () => {};
    const ending = new Promise<void>((resolve) => {
      end = resolve;
    });
    one.first.next(charged(bill, ending));
    const running = asks(one, 'ann');
    await eventually(async () => expect((await usageOf(two, 'ann')).limits[0]?.used).toBe(1));
    expect(await asks(two, 'ann')).toBe(429);
    expect(await asks(one, 'ann')).toBe(429);
    end();
    expect(await running).toBe(200);
    expect(await asks(one, 'ann')).toBe(200);
    await eventually(async () => expect(await asks(two, 'ann')).toBe(200));
  });

  it('apply exactly to the last of the maximum number of people, across both proxies', async () => {
    const { redis } = await redisOfTest();
    const clients = Array.from({ length: MAX_CONFIGURED_PEOPLE }, (_, at) => ({ name: `p${at}` }));
    const config = {
      ...{ clients, teams: [{ name: 'all', members: clients.map(({ name }) => name) }] },
      clientDefaults: { requestsPerMinute: 3, budgetUsdPerDay: 1 },
    };
    const proxies = ['one', 'two'].map((proxyId) => new PeopleLimits(config, { proxyId, clock }));
    const last = `p${MAX_CONFIGURED_PEOPLE - 1}`;
    const overAt = () => proxies.map((limits) => limits.over(last)?.limit);
    const share = async () => {
      for (const limits of [...proxies, ...proxies]) await limits.sync(redis);
    };
    for (const [at, limits] of proxies.entries()) {
      for (const { name } of clients) {
        limits.began(name);
        limits.ended(name);
      }
      if (at === 0) limits.began(last);
    }
    await share();
    expect(overAt()).toEqual(['requests_per_minute', 'requests_per_minute']);
    for (const limits of proxies) expect(limits.over('p0')).toBeUndefined();

    const counts = { ...NO_COUNTS, requests: 1, costNanoUsd: 999_999_999 };
    const fromAtMs = NOW_MS - (NOW_MS % 3_600_000);
    const rows = clients.map(({ name: person }) => ({
      ...{ person, endpoint: 'e1', model: MODEL, fromAtMs, counts },
    }));
    const options = { people: MAX_CONFIGURED_PEOPLE };
    await recordUsage(redis, { writer: 'one', sequence: 1, rows, records: [] }, options);
    await share();
    for (const limits of proxies) {
      expect(limits.over('p0')).toBeUndefined();
      expect(limits.counters.of(config.teams[0]?.members ?? [], NOW_MS).spentNanoUsd.day).toBe(
        MAX_CONFIGURED_PEOPLE * counts.costNanoUsd,
      );
    }
    const cent = rows.slice(-1).map((row) => ({ ...row, counts: { ...counts, costNanoUsd: 1 } }));
    await recordUsage(redis, { writer: 'one', sequence: 2, rows: cent, records: [] }, options);
    await share();
    for (const limits of proxies) {
      const budget = limits.budgetsOf(last).find(({ of }) => of === 'person');
      expect([budget?.left_usd, limits.over(last)?.limit]).toEqual([0, 'budget_usd_per_day']);
    }
  });

  it('admit only a person’s models', async () => {
    const { one } = await twoProxies({ clients: [{ name: 'ann', models: ['claude-haiku-*'] }] });
    expect(await asks(one, 'ann', 'claude-haiku-4-5')).toBe(200);
    const refused = await fetch(`http://127.0.0.1:${one.proxy.port}/v1/messages`, {
      ...{ method: 'POST', headers: { 'x-api-key': keyOf('ann') } },
      body: JSON.stringify({ model: 'claude-opus-4-8', messages: [] }),
    });
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain('your models are: claude-haiku-*');
    // One server would use the last model, another the first.
    const two =
      '{"model":"claude-opus-4-8","messages":[],"model":"claude-haiku-4-5","stream":true}';
    expect(await ask(one.proxy.port, { key: keyOf('ann'), body: two })).toBe(400);
    expect(await asks(one, 'bob', 'claude-opus-4-8')).toBe(200);
    expect(one.first.ledger).toHaveLength(2);
  });
});

describe('GET /usage', () => {
  it('shows each person their own figures, as JSON and as a page, and requires a key', async () => {
    const { one, redis } = await twoProxies({
      clients: [{ name: 'ann', budgetUsdPerMonth: 5 }, { name: 'bob' }],
    });
    await asks(one, 'ann', 'claude-<b>');
    await asks(one, 'ann');
    await asks(one, 'bob');
    await eventually(async () => expect((await ledgerOf(redis)).total.requests).toBe(3));
    // As written if a day has no room for her endpoint and model.
    const day = keys.usageDay(new Date(NOW_MS).toISOString().slice(0, 10));
    await redis.hset(day, 'ann\tother\tother', '1 0 0 0 0 0 0 0 0 0 0');
    const own = await usageOf(one, 'ann');
    expect(own.today).toEqual(own.days_30);
    expect(own.today.total).toMatchObject({ requests: 3, failed: 0 });
    expect(own.today.models.map(({ model }) => model).toSorted()).toEqual([
      ...['claude-<b>', MODEL, 'other'],
    ]);
    expect(own.budgets[0]).toMatchObject({ period: 'month', budget_usd: 5 });
    expect(JSON.stringify(own)).not.toContain('bob');

    const page = await pageAs(one, `Basic ${btoa(`any:${keyOf('ann')}`)}`, 'zh-CN,zh;q=0.9');
    expect([page.status, page.type]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.body).toContain('ann 的用量');
    expect(page.body).toContain('claude-&lt;b&gt;');
    expect(page.body).toContain('“其他”：超出每小时或每天行数上限的用量');
    expect(page.body).not.toContain('bob');
    expect(page.body).not.toContain('<script');
    const unknown = await pageAs(one, undefined, 'en');
    expect([unknown.status, unknown.challenge]).toEqual([401, expect.stringMatching(/^Basic /)]);
    expect((await pageAs(one, `Basic ${btoa('ann:wrong')}`, 'en')).status).toBe(401);
  });
});

/** As sent by a browser. */
function pageAs({ proxy }: ChangingRig, authorization: string | undefined, language: string) {
  return new Promise<{ status?: number; type?: string; challenge?: string; body: string }>(
    (resolve, reject) => {
      const headers = {
        ...{ accept: 'text/html,*/*;q=0.8', 'accept-language': language },
        ...(authorization === undefined ? {} : { authorization }),
      };
      const about = { port: proxy.port, host: '127.0.0.1', path: '/usage', agent: false, headers };
      const asking = request(about, (res) => {
        let body = '';
        res.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        res.on('end', () =>
          resolve({
            status: res.statusCode ?? 0,
            type: res.headers['content-type'] ?? '',
            challenge: res.headers['www-authenticate'] ?? '',
            body,
          }),
        );
      });
      asking.on('error', reject).end();
    },
  );
}
