/**
 * The inputs of people's limits, shared by all proxies: each person's cost per day, week and month, what all
 * proxies admitted this minute, and what operators granted.
 */

import { OTHER } from '@zephyr/contract/reserved-names';
import { DAY_MS } from '@zephyr/contract/units';
import {
  BUDGET_PERIODS,
  type BudgetPeriod,
  type Grant,
  grantSchema,
} from '@zephyr/contract/usage/people-limits';
import { USAGE_COUNTS, type UsageRow } from '@zephyr/contract/usage/usage';
import {
  type LetIn,
  type LimitsShare,
  parsedJson,
  periodAt,
  type SharedCounters,
  type Spent,
} from '@zephyr/core';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { MAX_CONFIGURED_PEOPLE } from '../config/keys/people-limits.ts';
import { keys } from './keys.ts';
import { loadScript, runScript } from './script.ts';
import { MAX_READ_ROWS } from './usage-rows.ts';

/** Configured clients and those removed within a month; the rest is summed up. */
export const MAX_PEOPLE = 2 * MAX_CONFIGURED_PEOPLE;
/** Slack for concurrent writers, each of which may add the field of the rest. */
const MAX_READ_PEOPLE = MAX_PEOPLE + 100;
const SHARE_LIFE_MS = 120_000;
/**
 * A proxy with active requests reports them within each span: `WHOLE_INTERVAL_MS` of its limits. After two spans
 * without a report it is no longer counted.
 */
const SPAN_MS = 5_000;

const make = loadScript('make-spent');
const share = loadScript('share-limits');
export const LIMIT_SCRIPTS = [make, share] as const;

/** As JSON; empty if there is none. */
const hash = z.string();
const shareReply = z.tuple([z.string(), z.tuple([hash, hash, hash]), hash, z.tuple([hash, hash])]);
const fieldsAndValues = z.custom<readonly string[]>(
  (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
);
const grantList = z.array(grantSchema);

export interface LimitsRead extends SharedCounters {
  readonly grants: readonly Grant[];
}

interface OwnShare {
  readonly proxyId: string;
  readonly share: LimitsShare;
}

/**
 * One round trip, safe to repeat.
 * @param own what this proxy shares; undefined: admissions are neither written nor read
 */
export async function syncLimits(
  redis: Redis,
  epochMs: number,
  own?: OwnShare,
): Promise<LimitsRead> {
  const spentKeys = BUDGET_PERIODS.map((period) => spentKey(period, epochMs));
  const reply = shareReply.parse(
    await runScript(redis, share, {
      keys: [keys.usageGrants, ...spentKeys, ...(own === undefined ? [] : keysOf(own))],
      args: [MAX_READ_PEOPLE, ...(own === undefined ? [] : argsOf(own.share))],
    }),
  );
  const [grants, totals, minute, spans] = reply;
  for (const [index, period] of BUDGET_PERIODS.entries()) {
    if (totals[index] === '') await makeSpent(redis, period, epochMs);
  }
  return {
    spent: spentOf(totals, epochMs),
    letIn: letInOf(minute, spans),
    grants: grantsOf(grants),
  };
}

/** Safe to repeat: existing totals are kept. */
export async function makeSpent(redis: Redis, period: BudgetPeriod, atMs: number): Promise<void> {
  const { fromAtMs, untilAtMs } = periodAt(period, atMs);
  const days: string[] = [];
  for (let dayAtMs = fromAtMs; dayAtMs < untilAtMs; dayAtMs += DAY_MS) days.push(dayKey(dayAtMs));
  await runScript(redis, make, {
    keys: [spentKey(period, atMs), ...days],
    args: [
      ...[untilAtMs - fromAtMs + 2 * DAY_MS, MAX_READ_ROWS, MAX_PEOPLE, OTHER],
      USAGE_COUNTS.indexOf('costNanoUsd'),
    ],
  });
}

export interface PersonCost {
  readonly period: BudgetPeriod;
  /** A moment of the period. */
  readonly atMs: number;
  readonly key: string;
  readonly person: string;
  readonly nanoUsd: number;
}

/** The costs that hourly rows add to the totals. */
export function costsOf(rows: readonly UsageRow[]): readonly PersonCost[] {
  const costs = new Map<string, PersonCost>();
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

function spentOf([day, week, month]: readonly [string, string, string], epochMs: number): Spent {
  const totals = (period: BudgetPeriod, text: string) => ({
    fromAtMs: periodAt(period, epochMs).fromAtMs,
    people: new Map(
      pairsOf(text).flatMap(([person, value]) =>
        /^\d{1,16}$/.test(value) ? [[person, Number(value)] as const] : [],
      ),
    ),
  });
  return {
    ...{ day: totals('day', day), week: totals('week', week), month: totals('month', month) },
  };
}

function keysOf({ proxyId, share }: OwnShare): readonly string[] {
  const spans = [keys.usageActive('even'), keys.usageActive('odd')];
  return [minuteKey(share.minuteAtMs), ...spans, keys.usageShare(proxyId)];
}

function argsOf({ minuteAtMs, people }: LimitsShare): readonly (string | number)[] {
  const values = [...people].flatMap(([person, { requests, tokens, active }]) => [
    ...[person, requests, tokens, active],
  ]);
  return [minuteAtMs, SPAN_MS, SHARE_LIFE_MS, ...values];
}

function letInOf(minute: string, spans: readonly string[]): SharedCounters['letIn'] {
  const found = new Map<string, LetIn>();
  for (const [person, value] of pairsOf(minute)) {
    const [, requests, tokens] = /^(\d{1,16}) (\d{1,16})$/.exec(value) ?? [];
    found.set(person, { requests: Number(requests ?? 0), tokens: Number(tokens ?? 0), active: 0 });
  }
  for (const [person, value] of spans.flatMap(pairsOf)) {
    if (!/^\d{1,9}$/.test(value)) continue;
    const { requests = 0, tokens = 0, active = 0 } = found.get(person) ?? {};
    found.set(person, { requests, tokens, active: active + Number(value) });
  }
  return found;
}

function grantsOf(text: string): readonly Grant[] {
  const parsed = grantList.safeParse(parsedJson(text));
  return parsed.success ? parsed.data : [];
}

function pairsOf(text: string): readonly (readonly [string, string])[] {
  const list = text === '' ? [] : fieldsAndValues.parse(JSON.parse(text));
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

function minuteKey(minuteAtMs: number): string {
  return keys.usageMinute(new Date(minuteAtMs).toISOString().slice(0, 16));
}

/** `2026-11-28` */
export function dayKey(atMs: number): string {
  return keys.usageDay(new Date(atMs).toISOString().slice(0, 10));
}
