import { DAY_MS, NANO } from '@zephyr/contract/units';
import type { Grant } from '@zephyr/contract/usage/people-limits';
import type { RequestRecord } from '@zephyr/contract/usage/usage';
import { IDLE_INTERVAL_MS, type LimitsConfig, NO_USAGE, type UsageLimits } from '@zephyr/core';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';

import { PeopleLimits } from './people-limits.ts';

/** The limits of ann and of her team, after she spent a dollar, with one request active. */
function annWith(ofPerson: UsageLimits, ofTeam: UsageLimits): PeopleLimits {
  const config = {
    clients: [{ name: 'ann', ...ofPerson }],
    teams: [{ name: 'core', members: ['ann'], ...ofTeam }],
    clientDefaults: {},
  };
  const clock = new ManualClock();
  const limits = new PeopleLimits(config, { proxyId: 'p1', clock });
  limits.began('ann');
  limits.counters.used('ann', { costNanoUsd: NANO, tokens: 1 }, clock.epochMs());
  return limits;
}

describe('PeopleLimits.over', () => {
  const day = { budgetUsdPerDay: 1 };
  const month = { budgetUsdPerMonth: 1 };
  const active = { activeRequests: 1 };
  const minute = { requestsPerMinute: 1 };

  it.each([
    ['a month, not the day', month, day, 'person', 'budget_usd_per_month'],
    ['a month, whoever has it', day, month, 'team', 'budget_usd_per_month'],
    ['a minute, not until a request ends', minute, active, 'person', 'requests_per_minute'],
    ['a minute, whoever has it', active, minute, 'team', 'requests_per_minute'],
    ['a day, not the minute', day, minute, 'person', 'budget_usd_per_day'],
    ['the only one exceeded', day, { budgetUsdPerMonth: 2 }, 'person', 'budget_usd_per_day'],
  ])('names the limit that lasts longest of a person and the team: %s', (...row) => {
    const [, ofPerson, ofTeam, of, limit] = row;
    expect(annWith(ofPerson, ofTeam).over('ann')).toMatchObject({ of, limit });
  });

  it('is undefined within all limits, and for a person without any', () => {
    const limits = annWith({ budgetUsdPerDay: 2 }, { activeRequests: 2 });
    expect(limits.over('ann')).toBeUndefined();
    expect(limits.over('bob')).toBeUndefined();
  });
});

const NO_ONE: LimitsConfig = { clients: [], teams: [], clientDefaults: {} };
const TEAM: LimitsConfig = {
  clients: [
    { name: 'ann', requestsPerMinute: 5, models: ['claude-opus-*'] },
    { name: 'bob', budgetUsdPerDay: 9 },
    { name: 'eve' },
  ],
  teams: [{ name: 'core', members: ['ann', 'bob'], models: ['claude-haiku-*', 'claude-opus-*'] }],
  clientDefaults: {},
};
const BUDGET: LimitsConfig = { ...NO_ONE, clients: [{ name: 'ann', budgetUsdPerDay: 1 }] };

interface Shared {
  readonly grants?: readonly Grant[];
  /** As in Redis: person, billionths of a dollar. */
  readonly day?: readonly string[];
}

function setUp(config: LimitsConfig, { grants = [], day = [] }: Shared = {}) {
  const clock = new ManualClock();
  const limits = new PeopleLimits(config, { proxyId: 'p1', clock });
  let news = 0;
  limits.onNews(() => {
    news += 1;
  });
  /** The people in each sync; undefined if it shared nothing. */
  const syncs: (readonly string[] | undefined)[] = [];
  const reply = [
    JSON.stringify(grants),
    [day.length === 0 ? '[]' : JSON.stringify(day), '[]', '[]'],
    ...['', ['', '']],
  ];
  const redis = {
    isFailing: false,
    call: async (_name: string, [, keys, ...rest]: readonly (string | number)[]) => {
      if (redis.isFailing) throw new Error('Command timed out');
      // Keys, the limit of a hash, the minute, two life times, then four values for each person.
      const values = rest.slice(Number(keys) + 4);
      const people = values.filter((_, index) => index % 4 === 0).map(String);
      syncs.push(Number(keys) > 4 ? people : undefined);
      return reply;
    },
  };
  const sync = () => limits.sync(redis as unknown as Redis);
  return { clock, limits, redis, sync, syncs, newsCount: () => news };
}

const usedBy = (person: string, costUsd: number | null) =>
  ({
    ...{ person, costUsd },
    usage: { ...NO_USAGE, inputTokens: 2, outputTokens: 3 },
  }) as unknown as RequestRecord;

describe('who has limits', () => {
  it('is known by person, with their team', () => {
    const { limits } = setUp(TEAM);
    expect(limits.people).toBe(3);
    expect(limits.hasAny).toBe(true);
    expect(limits.subjectsOf('ann').map(({ name }) => name)).toEqual(['ann', 'core']);
    expect(limits.subjectsOf('bob').map(({ name }) => name)).toEqual(['bob', 'core']);
    expect(limits.subjectsOf('eve')).toEqual([]);
  });

  it('changes with the configuration, and the counters stay', () => {
    const { clock, limits } = setUp(TEAM);
    limits.began('ann');
    limits.reconfigure({ ...NO_ONE, clients: [{ name: 'ann', activeRequests: 1 }] });
    expect(limits.people).toBe(1);
    expect(limits.over('ann')).toMatchObject({ limit: 'active_requests', name: 'ann' });
    expect(limits.subjectsOf('bob')).toEqual([]);
    limits.reconfigure(NO_ONE);
    expect([limits.hasAny, limits.people]).toEqual([false, 0]);
    expect(limits.counters.of(['ann'], clock.epochMs()).active).toBe(1);
  });
});

describe('models', () => {
  it('are permitted if each list of the person and the team has them', () => {
    const { limits } = setUp(TEAM);
    expect(limits.modelsWithout('claude-opus-9', 'ann')).toBeUndefined();
    expect(limits.modelsWithout('claude-haiku-9', 'ann')).toEqual(['claude-opus-*']);
    expect(limits.modelsWithout('claude-haiku-9', 'bob')).toBeUndefined();
    expect(limits.modelsWithout('gpt', 'bob')).toEqual(['claude-haiku-*', 'claude-opus-*']);
    expect(limits.modelsWithout('gpt', 'eve')).toBeUndefined();
    expect(['ann', 'bob', 'eve'].map((name) => limits.hasModelRules(name))).toEqual([
      ...[true, true, false],
    ]);
    expect(setUp(BUDGET).limits.hasModelRules('ann')).toBe(false);
  });
});

describe('usage', () => {
  it('counts cost and tokens, of a request without a known price the tokens', () => {
    const { clock, limits } = setUp(TEAM);
    limits.used(usedBy('ann', 0.25));
    limits.used(usedBy('ann', null));
    const counted = limits.counters.of(['ann'], clock.epochMs());
    expect([counted.tokens, counted.spentNanoUsd.day]).toEqual([10, 0.25 * NANO]);
  });

  it('is not counted if nobody has a limit', () => {
    const { clock, limits } = setUp(NO_ONE);
    limits.used(usedBy('ann', 0.25));
    expect(limits.counters.of(['ann'], clock.epochMs()).tokens).toBe(0);
  });

  it('is counted for active requests until they end', () => {
    const { clock, limits } = setUp(TEAM);
    limits.began('ann');
    limits.ended('ann');
    expect(limits.counters.of(['ann'], clock.epochMs())).toMatchObject({ requests: 1, active: 0 });
  });
});

describe('budgets', () => {
  it('are shown to a person, or all of them, with what operators granted today', async () => {
    const dayAtMs = Date.UTC(2026, 0, 1);
    const grants = [
      { name: 'ann', usd: 0.5, dayAtMs },
      { name: 'ann', usd: 4, dayAtMs: dayAtMs - DAY_MS },
    ] as unknown as readonly Grant[];
    const { limits, sync } = setUp(BUDGET, { grants, day: ['ann', String(NANO)] });
    expect(limits.over('ann')).toBeUndefined();
    await sync();
    const budget = { name: 'ann', used_usd: 1, granted_usd: 0.5, left_usd: 0.5 };
    expect(limits.budgetsOf('ann')).toEqual([expect.objectContaining(budget)]);
    expect(limits.budgets()).toEqual(limits.budgetsOf('ann'));
    expect(limits.budgetsOf('bob')).toEqual([]);
    expect(limits.over('ann')).toBeUndefined();
    limits.used(usedBy('ann', 0.5));
    expect(limits.over('ann')).toMatchObject({ limit: 'budget_usd_per_day', allowed: 1.5 });
  });
});

describe('a sync with the other proxies', () => {
  it('takes place after each use, and while idle at long intervals', async () => {
    const { clock, limits, sync, syncs } = setUp(TEAM);
    await sync();
    expect(syncs).toHaveLength(1);
    await sync();
    expect(syncs).toHaveLength(1);
    clock.advance(IDLE_INTERVAL_MS - 1);
    await sync();
    expect(syncs).toHaveLength(1);
    clock.advance(1);
    await sync();
    expect(syncs).toHaveLength(2);
    for (const use of [
      () => limits.over('ann'),
      () => limits.budgetsOf('ann'),
      () => limits.used(usedBy('ann', 0)),
    ]) {
      use();
      expect(limits.isBusy).toBe(true);
      await sync();
      expect(limits.isBusy).toBe(false);
    }
    expect(syncs).toHaveLength(5);
    limits.over('eve');
    limits.budgets();
    expect(limits.isBusy).toBe(false);
  });

  it('takes place while a request is active, and once after its end', async () => {
    const { limits, sync, syncs } = setUp(TEAM);
    limits.began('ann');
    for (let time = 0; time < 2; time += 1) {
      await sync();
      expect(limits.isBusy).toBe(true);
    }
    limits.began('bob');
    limits.ended('ann');
    await sync();
    expect(limits.isBusy).toBe(true);
    limits.ended('bob');
    await sync();
    expect(limits.isBusy).toBe(false);
    expect(syncs).toHaveLength(4);
  });

  it('does not take place if nobody has a limit', async () => {
    const { limits, sync, syncs, newsCount } = setUp(NO_ONE);
    limits.began('ann');
    await sync();
    expect(syncs).toEqual([]);
    expect(limits.isBusy).toBe(false);
    expect(newsCount()).toBe(0);
  });

  it('is announced by each use', () => {
    const { limits, newsCount } = setUp(TEAM);
    limits.began('ann');
    limits.ended('ann');
    limits.over('ann');
    limits.used(usedBy('ann', 0));
    expect(newsCount()).toBe(4);
  });

  it('shares what was admitted here only if somebody has a limit other than budgets and models', async () => {
    const { limits, sync, syncs } = setUp(BUDGET);
    limits.began('ann');
    await sync();
    expect(syncs).toEqual([undefined]);
    const rates: readonly UsageLimits[] = [
      { requestsPerMinute: 1 },
      { tokensPerMinute: 1 },
      { activeRequests: 1 },
    ];
    for (const rate of rates) {
      limits.reconfigure({ ...NO_ONE, clients: [{ name: 'ann', ...rate }] });
      await sync();
    }
    expect(syncs.slice(1).every((people) => people !== undefined)).toBe(true);
  });

  it('shares everything every two seconds, otherwise what has changed', async () => {
    const { clock, limits, sync, syncs } = setUp(TEAM);
    limits.began('ann');
    await sync();
    expect(syncs.at(-1)).toEqual(['ann']);
    clock.advance(1_999);
    await sync();
    expect(syncs.at(-1)).toEqual([]);
    clock.advance(1);
    await sync();
    expect(syncs.at(-1)).toEqual(['ann']);
    clock.advance(1_999);
    await sync();
    expect(syncs.at(-1)).toEqual([]);
  });

  it('is repeated after a failure, with everything that is due', async () => {
    const { clock, limits, redis, sync, syncs } = setUp(TEAM);
    limits.began('ann');
    await sync();
    clock.advance(2_000);
    redis.isFailing = true;
    await expect(sync()).rejects.toThrow('timed out');
    redis.isFailing = false;
    await sync();
    expect(syncs).toEqual([['ann'], ['ann']]);
  });
});
