/** The rollups of hours and days, written with the leader's commits and read for display. */

import { type Rollup, rollupSchema } from '@zephyr/contract/history/rollup';
import { DAY_MS, HOUR_MS } from '@zephyr/contract/units';
import type { TimeUnit } from '@zephyr/contract/usage/usage';
import { DAYS_LIFE_MS, HOURS_LIFE_MS } from '@zephyr/core';
import type { Redis } from 'ioredis';

import { MAX_WHY_CHARACTERS } from '../logger.ts';
import { keys } from './keys.ts';

const LIFE_MS = { hour: HOURS_LIFE_MS, day: DAYS_LIFE_MS } as const;
const STEP_MS = { hour: HOUR_MS, day: DAY_MS } as const;
/** Records per read. */
const ROLLUPS_AT_ONCE = 50;

/** For the leader's commit. */
export function rollupRecord(unit: TimeUnit, rollup: Rollup) {
  return { key: rollupKey(unit, rollup.fromAtMs), lifeMs: LIFE_MS[unit], value: rollup };
}

export interface RollupRange {
  readonly unit: TimeUnit;
  /** The range runs from the hour or day of this moment to that of `untilAtMs`. */
  readonly sinceAtMs: number;
  readonly untilAtMs: number;
}

/** Oldest first; hours or days without a record are omitted. */
export async function readRollups(
  redis: Redis,
  { unit, sinceAtMs, untilAtMs }: RollupRange,
  rejected: (key: string, why: string) => void,
): Promise<readonly Rollup[]> {
  const names: string[] = [];
  const from = Math.floor(sinceAtMs / STEP_MS[unit]) * STEP_MS[unit];
  for (let atMs = from; atMs <= untilAtMs; atMs += STEP_MS[unit]) names.push(rollupKey(unit, atMs));
  const rollups: Rollup[] = [];
  for (let at = 0; at < names.length; at += ROLLUPS_AT_ONCE) {
    const page = names.slice(at, at + ROLLUPS_AT_ONCE);
    const texts = await redis.mget(page);
    for (const [index, text] of texts.entries()) {
      const rollup = text === null ? undefined : parsed(text, page[index] ?? '', rejected);
      if (rollup !== undefined) rollups.push(rollup);
    }
  }
  return rollups;
}

function parsed(
  text: string,
  key: string,
  rejected: (key: string, why: string) => void,
): Rollup | undefined {
  try {
    return rollupSchema.parse(JSON.parse(text));
  } catch (error) {
    rejected(key, String(error).slice(0, MAX_WHY_CHARACTERS));
    return undefined;
  }
}

function rollupKey(unit: TimeUnit, atMs: number): string {
  const time = new Date(atMs).toISOString();
  return unit === 'hour' ? keys.rollupHour(time.slice(0, 13)) : keys.rollupDay(time.slice(0, 10));
}
