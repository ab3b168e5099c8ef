import { NANO } from '@zephyr/contract/units';
import type { UsageLimits } from '@zephyr/core';
import { ManualClock } from '@zephyr/testkit/manual-clock';
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
