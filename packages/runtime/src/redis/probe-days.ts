/** What checks have cost, by endpoint and day (UTC). Written with each result, in one script. */

import type { ProbeResult } from '@zephyr/contract/probe';
import type { EpochMs } from '@zephyr/contract/scalars';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { keys } from './keys.ts';

/** The checks of one endpoint in one day. */
export interface ProbeDay {
  readonly probes: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costUsd: number;
}

/** Redis adds whole numbers exactly: money is kept in billionths of a dollar. */
const NANO = 1_000_000_000;
const FIELDS = [
  'probes',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'costNanoUsd',
] as const;

/** `2026-11-23` */
export function dayName(atMs: EpochMs): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** Fields and increments in turn, for the script. */
export function dayIncrements({ endpointId, usage, costUsd }: ProbeResult): (string | number)[] {
  const counts = { probes: 1, ...usage, costNanoUsd: Math.round(costUsd * NANO) };
  return FIELDS.filter((field) => counts[field] !== 0).flatMap((field) => [
    `${endpointId}:${field}`,
    counts[field],
  ]);
}

/** By endpoint id; endpoints without a check that day are absent. */
export async function readProbeDay(
  redis: Redis,
  day: string,
): Promise<Readonly<Record<string, ProbeDay>>> {
  const hash = z
    .record(z.string(), z.coerce.number())
    .parse(await redis.hgetall(keys.probeDay(day)));
  const ids = new Set(Object.keys(hash).map((field) => field.slice(0, field.lastIndexOf(':'))));
  return Object.fromEntries(
    [...ids].map((id) => {
      const count = (field: (typeof FIELDS)[number]): number => hash[`${id}:${field}`] ?? 0;
      const { costNanoUsd, ...counts } = Object.fromEntries(
        FIELDS.map((field) => [field, count(field)]),
      ) as Record<(typeof FIELDS)[number], number>;
      return [id, { ...counts, costUsd: costNanoUsd / NANO }];
    }),
  );
}
