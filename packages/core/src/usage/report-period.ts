/** The period of a usage report. Days are UTC. */
import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';
import type { TimeUnit } from '@zephyr/contract/usage/usage';

import { DAYS_LIFE_MS, HOURS_LIFE_MS } from './retention.ts';
import { dayOf, hourOf } from './usage-by-hour.ts';

export interface AskedPeriod {
  /** `7d`, `24h` (including today and this hour), `2026-11-01`, or an ISO 8601 time. */
  readonly since: string;
  /** The same; undefined: now. */
  readonly until: string | undefined;
  readonly epochMs: number;
  /** Hourly rows are requested. */
  readonly isHourly: boolean;
}

export type UsagePeriod =
  | {
      readonly status: 'known';
      readonly sinceAtMs: number;
      readonly untilAtMs: number;
      /** Hours if days would be too coarse. */
      readonly unit: TimeUnit;
    }
  | { readonly status: 'rejected'; readonly why: string };

export function usagePeriod({ since, until, epochMs, isHourly }: AskedPeriod): UsagePeriod {
  const sinceAtMs = momentOf(since, epochMs);
  const untilAtMs = until === undefined ? epochMs : momentOf(until, epochMs);
  if (sinceAtMs === undefined) return { status: 'rejected', why: whyNot('since', since) };
  if (untilAtMs === undefined) return { status: 'rejected', why: whyNot('until', until ?? '') };
  if (untilAtMs < sinceAtMs) return { status: 'rejected', why: 'until is before since' };
  if (epochMs < sinceAtMs) return { status: 'rejected', why: 'since is in the future' };
  const isWholeDays = isMidnight(sinceAtMs) && (until === undefined || isMidnight(untilAtMs));
  const unit = isHourly || !isWholeDays ? 'hour' : 'day';
  const ageMs = epochMs - sinceAtMs;
  if (unit === 'hour' && ageMs > HOURS_LIFE_MS) {
    return {
      status: 'rejected',
      why: `hourly usage is kept for ${HOURS_LIFE_MS / DAY_MS} days: request whole days (UTC)`,
    };
  }
  const oldestAtMs = dayOf(epochMs) - DAYS_LIFE_MS;
  return {
    ...{ status: 'known', unit, sinceAtMs: Math.max(sinceAtMs, oldestAtMs) },
    // Future hours and days are not read: each costs a query to Redis.
    untilAtMs: Math.min(untilAtMs, epochMs),
  };
}

function momentOf(text: string, epochMs: number): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,3})([dh])$/.exec(text) ?? [];
  if (count !== undefined) {
    const before = Number(count) - 1;
    return unit === 'd' ? dayOf(epochMs) - before * DAY_MS : hourOf(epochMs) - before * HOUR_MS;
  }
  if (!MOMENT.test(text) || !isDay(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) || atMs < 0 ? undefined : hourOf(atMs);
}

const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/;

/** 30 February would be read as 2 March. */
function isDay(text: string): boolean {
  const day = text.slice(0, 10);
  const atMs = Date.parse(day);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(day);
}

function isMidnight(atMs: number): boolean {
  return atMs % DAY_MS === 0;
}

function whyNot(name: string, text: string): string {
  const found = JSON.stringify(text.slice(0, 40));
  if (MOMENT.test(text) && !isDay(text)) return `${name} is ${found}: there is no such day`;
  return `${name} is ${found}: expected 7d, 24h, 2026-11-01 or a moment like 2026-11-01T09:00Z`;
}
