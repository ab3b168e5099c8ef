/**
 * What limits of people are decided by, shared by all proxies: what people have cost in a day, week and
 * month, what each proxy has let in within this minute, and what operators have granted.
 */
import {
  BUDGET_PERIODS,
  type BudgetPeriod,
  type Grant,
  grantSchema,
  type LimitsShare,
  limitsShareSchema,
} from '@zephyr/contract/limits';
import { OTHER, type UsageRow } from '@zephyr/contract/usage';
import { DAY_MS, minuteOf, periodAt, type SharedCounters, type Spent } from '@zephyr/core';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { keys } from './keys.ts';
import { loadScript, runScript } from './script.ts';
import { MAX_READ_ROWS } from './usage-rows.ts';

/** Clients of a configuration and those who were removed from it within a month; the rest is added up. */
export const MAX_PEOPLE = 2_000;
/** By writers at the same moment, each of which may add the field of the rest. */
const MAX_READ_PEOPLE = MAX_PEOPLE + 100;
const MAX_PROXIES = 200;
const SHARE_LIFE_MS = 120_000;
/** A proxy shares twice a second while somebody asks it. */
const FRESH_MS = 5_000;

const make = loadScript('make-spent');
const share = loadScript('share-limits');
export const LIMIT_SCRIPTS = [make, share] as const;

const pairs = z.array(z.string());
const shareReply = z.tuple([
  z.coerce.number(),
  z.string(),
  z.tuple([pairs, pairs, pairs]),
  z.tuple([pairs, pairs]),
]);
const grantList = z.array(grantSchema);

export interface LimitsRead extends SharedCounters {
  readonly grants: readonly Grant[];
}

/**
 * One round trip, safe to repeat.
 * @param own what this proxy shares; undefined: it only reads
 */
export async function exchangeLimits(
  redis: Redis,
  nowMs: number,
  own?: { readonly proxyId: string; readonly share: LimitsShare },
): Promise<LimitsRead> {
  const minuteAtMs = minuteOf(nowMs);
  const isNewMinute = nowMs - minuteAtMs < FRESH_MS;
  const spentKeys = BUDGET_PERIODS.map((period) => spentKey(period, nowMs));
  const reply = shareReply.parse(
    await runScript(redis, share, {
      keys: [
        ...[keys.usageGrants, ...spentKeys, sharesKey(minuteAtMs)],
        ...(isNewMinute ? [sharesKey(minuteAtMs - 60_000)] : []),
      ],
      args: [
        ...[own?.proxyId ?? '', own === undefined ? '' : JSON.stringify(own.share)],
        ...[SHARE_LIFE_MS, MAX_READ_PEOPLE, MAX_PROXIES],
      ],
    }),
  );
  const [redisNowMs, grants, totals, minutes] = reply;
  for (const [index, period] of BUDGET_PERIODS.entries()) {
    if (totals[index]?.length === 0) await makeSpent(redis, period, nowMs);
  }
  return {
    spent: spentOf(totals, nowMs),
    shares: sharesOf(minutes, { redisNowMs, proxyId: own?.proxyId }),
    grants: grantsOf(grants),
  };
}

/** Safe to repeat: totals that are there stay. */
export async function makeSpent(redis: Redis, period: BudgetPeriod, atMs: number): Promise<void> {
  const { fromAtMs, untilAtMs } = periodAt(period, atMs);
  const days: string[] = [];
  for (let dayAtMs = fromAtMs; dayAtMs < untilAtMs; dayAtMs += DAY_MS) days.push(dayKey(dayAtMs));
  await runScript(redis, make, {
    keys: [spentKey(period, atMs), ...days],
    args: [untilAtMs - fromAtMs + 2 * DAY_MS, MAX_READ_ROWS, MAX_PEOPLE, OTHER],
  });
}

export interface Cost {
  readonly period: BudgetPeriod;
  /** A moment of the period. */
  readonly atMs: number;
  readonly key: string;
  readonly person: string;
  readonly nanoUsd: number;
}

/** What rows of hours add to the totals. */
export function costsOf(rows: readonly UsageRow[]): readonly Cost[] {
  const costs = new Map<string, Cost>();
  for (const { person, fromAtMs: atMs, counts } of rows) {
    if (counts.costNanoUsd === 0) continue;
    for (const period of BUDGET_PERIODS) {
      const key = spentKey(period, atMs);
      const name = `${key}\t${person}`;
      const nanoUsd = (costs.get(name)?.nanoUsd ?? 0) + counts.costNanoUsd;
      costs.set(name, { period, atMs, key, person, nanoUsd });
    }
  }
  return [...costs.values()];
}

function spentOf(
  [day, week, month]: readonly [string[], string[], string[]],
  nowMs: number,
): Spent {
  const totals = (period: BudgetPeriod, list: readonly string[]) => ({
    fromAtMs: periodAt(period, nowMs).fromAtMs,
    people: new Map(
      pairsOf(list).flatMap(([person, value]) =>
        /^\d{1,16}$/.test(value) ? [[person, Number(value)] as const] : [],
      ),
    ),
  });
  return {
    ...{ day: totals('day', day), week: totals('week', week), month: totals('month', month) },
  };
}

/** Of other proxies; of two of one proxy the newer, which is listed first. */
function sharesOf(
  [minute, before]: readonly [string[], string[]],
  { redisNowMs, proxyId }: { readonly redisNowMs: number; readonly proxyId: string | undefined },
): SharedCounters['shares'] {
  const found = new Map<string, SharedCounters['shares'][number]>();
  for (const [id, value] of [...pairsOf(minute), ...pairsOf(before)]) {
    if (id === proxyId || found.has(id)) continue;
    const [, writtenAtMs, text = ''] = /^(\d{1,16}) (.*)$/s.exec(value) ?? [];
    const parsed = limitsShareSchema.safeParse(parsedJson(text));
    if (!parsed.success) continue;
    const isFresh = redisNowMs - Number(writtenAtMs) <= FRESH_MS;
    found.set(id, { share: parsed.data, isFresh });
  }
  return [...found.values()];
}

function grantsOf(text: string): readonly Grant[] {
  const parsed = grantList.safeParse(parsedJson(text));
  return parsed.success ? parsed.data : [];
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pairsOf(list: readonly string[]): readonly (readonly [string, string])[] {
  return Array.from({ length: Math.floor(list.length / 2) }, (_, index) => [
    list[2 * index] ?? '',
    list[2 * index + 1] ?? '',
  ]);
}

/** `week:2026-11-23` */
function spentKey(period: BudgetPeriod, atMs: number): string {
  const { fromAtMs } = periodAt(period, atMs);
  return keys.usageSpent(`${period}:${new Date(fromAtMs).toISOString().slice(0, 10)}`);
}

function sharesKey(minuteAtMs: number): string {
  return keys.usageShares(new Date(minuteAtMs).toISOString().slice(0, 16));
}

/** `2026-11-28` */
export function dayKey(atMs: number): string {
  return keys.usageDay(new Date(atMs).toISOString().slice(0, 10));
}
