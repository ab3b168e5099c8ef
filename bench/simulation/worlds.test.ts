/** Longer worlds continue the same worlds. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@zephyr/contract/units';
import { describe, expect, it } from 'vitest';

import type { Nature } from './nature.ts';
import { makeWorlds } from './worlds.ts';

const SEEDS = [1, 2, 3, 4];
const USUAL_MS = 4 * HOUR_MS;

/** How often an endpoint's condition changed in these hours, sampled every minute. */
function changesIn({ endpoints, requests }: Nature, fromMs: number, toMs: number): number {
  const [request] = requests;
  if (request === undefined) throw new Error('nobody asks anything');
  const asked = { from: 'person', workMs: 1, model: request.model, request } as const;
  const at = (index: number, atMs: number) => {
    const { waitMs: _left, ...condition } = endpoints[index]?.(atMs, asked) ?? {};
    return JSON.stringify(condition);
  };
  const minutes = (toMs - fromMs) / MINUTE_MS;
  return endpoints.reduce(
    (sum, _, index) =>
      sum +
      Array.from({ length: minutes - 1 }, (_none, minute) => fromMs + minute * MINUTE_MS).filter(
        (atMs) => at(index, atMs) !== at(index, atMs + MINUTE_MS),
      ).length,
    0,
  );
}

const worldsOf = (durationMs?: number) =>
  SEEDS.map((seed) => makeWorlds(seed, { durationMs: durationMs ?? 0 }));
const usual = worldsOf();
const days = worldsOf(DAY_MS);
const names = usual[0]?.map(({ name }, index) => ({ name, index })) ?? [];
const natures = (worlds: typeof usual, index: number) => worlds.flatMap((all) => all[index] ?? []);

describe.each(names)('the world "$name" over a day', ({ index }) => {
  const sum = (worlds: readonly Nature[], of: (nature: Nature) => number) =>
    worlds.reduce((total, nature) => total + of(nature), 0);
  const long = natures(days, index);
  const short = natures(usual, index);

  it('begins with the same requests, and they keep coming', () => {
    for (const [seed, { requests, durationMs }] of long.entries()) {
      const before = short[seed]?.requests ?? [];
      expect(durationMs).toBe(DAY_MS);
      expect(requests.slice(0, 50)).toEqual(before.slice(0, 50));
    }
    const last = sum(
      long,
      ({ requests }) => requests.filter(({ atMs }) => atMs >= DAY_MS / 2).length,
    );
    const all = sum(long, ({ requests }) => requests.length);
    const isNight = short[0]?.durationMs === DAY_MS;
    expect(last / all).toBeGreaterThan(isNight ? 0 : 0.4);
  });

  it('has as much trouble in its last hours as in its first', () => {
    const first = sum(long, (nature) => changesIn(nature, 0, USUAL_MS));
    const last = sum(long, (nature) => changesIn(nature, DAY_MS - USUAL_MS, DAY_MS));
    expect(last).toBeGreaterThanOrEqual(first * 0.6);
    expect(last).toBeLessThanOrEqual(first * 1.7);
  });
});
