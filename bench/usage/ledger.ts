/** A usage ledger as full as after a year, written by the proxies' script. */
import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';
import type { RequestRecord, UsageCounts, UsageKey } from '@zephyr/contract/usage/usage';
import { epochMs, rowBounds } from '@zephyr/core';
import { MAX_CONFIGURED_PEOPLE } from '@zephyr/runtime/config/keys/people-limits';
import { keys } from '@zephyr/runtime/redis/keys';
import {
  DAY_ROWS,
  DAYS_STORED,
  HOUR_ROWS,
  HOURS_STORED,
  MAX_ROWS_OF_DAYS,
  MAX_ROWS_OF_HOURS,
} from '@zephyr/runtime/redis/usage-rows';
import { boundUsage, recordUsage } from '@zephyr/runtime/redis/usage-store';

type Redis = Parameters<typeof recordUsage>[0];
const ENDPOINTS = 20;
const MODELS = 10;

/** Rows written per hour of the day and per day of the year. */
export interface Team {
  readonly name: string;
  readonly people: number;
  readonly rowsPerHour: number;
  readonly hoursPerDay: number;
  readonly rowsPerDay: number;
}

const fullOf = (people: number): Omit<Team, 'name'> => ({
  ...{ people, hoursPerDay: 24 },
  rowsPerHour: rowBounds(HOUR_ROWS, people).all + 1,
  rowsPerDay: rowBounds(DAY_ROWS, people).all + 1,
});

export const TEAMS: readonly Team[] = [
  { name: '700 people, every hour and every day full', ...fullOf(700) },
  { name: '5,000 people, every hour and every day full', ...fullOf(MAX_CONFIGURED_PEOPLE) },
  {
    name: '100 people, each with 2 models at 2 endpoints a day, 60 of them in each of 10 hours',
    ...{ people: 100, rowsPerHour: 120, hoursPerDay: 10, rowsPerDay: 400 },
  },
];

/** Extra people beyond the configured ones, to fill a hash with rows. */
const STRANGERS = 40;

/** Numbers as large as in a person's busy hour. */
export const COUNTS: UsageCounts = {
  ...{ requests: 1_234, failed: 12, inputTokens: 1_234_567, outputTokens: 2_345_678 },
  ...{ cacheReadTokens: 987_654_321, cacheWrite5mTokens: 23_456_789, cacheWrite1hTokens: 0 },
  ...{ costNanoUsd: 123_456_789_012, unpriced: 0, incomplete: 3, possiblyBilledTwice: 1 },
};

/** Everything that the ledger keeps. */
export async function fillLedger(redis: Redis, team: Team): Promise<void> {
  const midnight = Date.UTC(2026, 10, 28);
  let sequence = 0;
  const write = async (fromAtMs: number, size: number, first: number, log = false) => {
    sequence += 1;
    const rows = Array.from({ length: size }, (_, at) => ({
      ...namesAt(first + at, team.people + STRANGERS),
      ...{ fromAtMs, counts: COUNTS },
    }));
    const records = log ? Array.from({ length: 500 }, (_, at) => recordAt(at)) : [];
    const batch = { writer: 'bench', sequence, rows, records };
    await recordUsage(redis, batch, { people: team.people });
  };
  const days = Math.min(DAYS_STORED, Math.floor(MAX_ROWS_OF_DAYS / team.rowsPerDay));
  const hours = Math.min(HOURS_STORED, Math.floor(MAX_ROWS_OF_HOURS / team.rowsPerHour));
  for (let day = 0; day < days; day += 1) {
    const fromAtMs = midnight - day * DAY_MS;
    await write(fromAtMs, team.rowsPerDay, 0);
    await redis.unlink(keys.usageHour(new Date(fromAtMs).toISOString().slice(0, 13)));
    for (let hour = 0; hour < team.hoursPerDay && 24 * day + hour < hours; hour += 1) {
      await write(fromAtMs + hour * HOUR_MS, team.rowsPerHour, hour % 4, true);
    }
  }
  const gone = await boundUsage(redis, midnight + DAY_MS);
  if (gone > 0) throw new Error(`${gone} hours and days more than the ledger keeps`);
}

/** One of all combinations of the people, 20 endpoints and 10 models. */
function namesAt(at: number, people: number): UsageKey {
  const person = String(at % people).padStart(4, '0');
  const endpoint = Math.floor(at / people) % ENDPOINTS;
  const model = Math.floor(at / people / ENDPOINTS) % MODELS;
  return {
    person: `firstname.lastname-${person}`,
    endpoint: `relay-example-com-${endpoint}`,
    model: `claude-sonnet-4-5-2025092${model}`,
  };
}

export function recordAt(at: number): RequestRecord {
  const { person, endpoint, model } = namesAt(at % 100, 100);
  return {
    ...{ id: `zephyr_${'0'.repeat(24)}`, endpointRequestId: `req_${'0'.repeat(24)}` },
    ...{ atMs: epochMs(Date.UTC(2026, 10, 28)), person, group: 'main', endpoint, model },
    ...{ operation: 'messages', session: '0123456789ab', outcome: 'ok' },
    attempts: [{ endpoint, failure: null, isBillable: false }],
    ...{ ttftMs: 1_234, durationMs: 23_456, tokensKnown: 'reported', costUsd: 0.123_456 },
    usage: {
      ...{ inputTokens: 12, outputTokens: 1_234, cacheReadTokens: 98_765 },
      ...{ cacheWriteTokens: 4_321, cacheWrite1hTokens: 0 },
    },
  };
}
