/** The message for a client whose limit is reached. In English, like all errors of the API. */
import type { LimitName } from '@zephyr/contract/people-limits';

import type { OverLimit } from './people-limits.ts';

const PERIOD: Readonly<Partial<Record<LimitName, string>>> = {
  budget_usd_per_day: 'day',
  budget_usd_per_week: 'week',
  budget_usd_per_month: 'month',
};

const RATE: Readonly<Partial<Record<LimitName, string>>> = {
  requests_per_minute: 'requests per minute',
  tokens_per_minute: 'tokens per minute',
  active_requests: 'requests at the same time',
};

export function limitMessage({ limit, of, name, used, allowed, resetsAtMs }: OverLimit): string {
  const whose = of === 'person' ? 'your' : 'the';
  const team = of === 'team' ? ` of team ${name}` : '';
  const period = PERIOD[limit];
  if (period !== undefined) {
    const spent = `${dollars(used)} of ${dollars(allowed)}`;
    return `${whose} budget of this ${period}${team} is spent (${spent}); it resets at ${utc(resetsAtMs)}, or ask your operator for more`;
  }
  const until =
    resetsAtMs === undefined ? 'one of them has to end first' : `it resets at ${utc(resetsAtMs)}`;
  return `${whose} limit${team} of ${allowed} ${RATE[limit]} is reached; ${until}`;
}

function dollars(usd: number): string {
  return `$${usd.toFixed(usd < 1 ? 4 : 2)}`;
}

function utc(atMs: number | undefined): string {
  const text = new Date(atMs ?? 0).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`;
}
