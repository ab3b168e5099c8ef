/** The message for a client whose limit is reached. In English, like all errors of the API. */
import type { LimitName } from '@zephyr/contract/usage/people-limits';

import type { OverLimit } from './people-limits.ts';

const PERIOD: Readonly<Partial<Record<LimitName, string>>> = {
  budget_usd_per_day: 'daily',
  budget_usd_per_week: 'weekly',
  budget_usd_per_month: 'monthly',
};

const RATE: Readonly<Partial<Record<LimitName, string>>> = {
  requests_per_minute: 'requests per minute',
  tokens_per_minute: 'tokens per minute',
  active_requests: 'concurrent requests',
};

export function limitMessage({ limit, of, name, used, allowed, resetsAtMs }: OverLimit): string {
  const whose = of === 'person' ? 'your' : 'the';
  const team = of === 'team' ? ` of team ${name}` : '';
  const period = PERIOD[limit];
  if (period !== undefined) {
    const spent = `${dollars(used)} of ${dollars(allowed)}`;
    return `${whose} ${period} budget${team} is spent (${spent}); it resets at ${utc(resetsAtMs)}; for more, ask your operator`;
  }
  const until =
    resetsAtMs === undefined
      ? 'wait until one of them has finished'
      : `it resets at ${utc(resetsAtMs)}`;
  return `${whose} limit of ${allowed} ${RATE[limit]}${team} is reached; ${until}`;
}

function dollars(usd: number): string {
  return `$${usd.toFixed(usd < 1 ? 4 : 2)}`;
}

function utc(atMs: number | undefined): string {
  const text = new Date(atMs ?? 0).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`;
}
