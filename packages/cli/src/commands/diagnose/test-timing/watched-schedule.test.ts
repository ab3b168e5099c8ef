import type { ApiState } from '@zephyr/contract/api/api-state';
import { inventedState } from '@zephyr/testkit/invented-world';
import { describe, expect, it } from 'vitest';

import { watchSchedule } from './watched-schedule.ts';

/** One endpoint whose last probe started at `lastAtMs`, and whose next one is due at `nextAtMs`. */
function stateOf(atMs: number, lastAtMs: number, nextAtMs: number): ApiState {
  const state = inventedState(atMs);
  const [first] = state.endpoints;
  if (first?.probe.last == null) throw new Error('the invented world has a probed endpoint');
  const last = { ...first.probe.last, atMs: lastAtMs };
  return { ...state, endpoints: [{ ...first, probe: { ...first.probe, last, nextAtMs } }] };
}

/** Feeds the states one after another, then ends. */
async function watched(states: readonly ApiState[]) {
  const end = new AbortController();
  const left = [...states];
  const state = async () => {
    const next = left.shift();
    if (left.length === 0) end.abort();
    if (next === undefined) throw new Error('no state is left');
    return next;
  };
  const { probes } = await watchSchedule({
    client: { state },
    forMs: 60_000,
    onProbe: () => undefined,
    signal: end.signal,
  });
  return probes.map(({ plannedAtMs, startedAtMs }) => ({ plannedAtMs, startedAtMs }));
}

describe('watchSchedule', () => {
  it('compares a probe with its announced time', async () => {
    const states = [stateOf(100_000, 91_000, 101_000), stateOf(102_500, 101_080, 111_000)];
    expect(await watched(states)).toEqual([{ plannedAtMs: 101_000, startedAtMs: 101_080 }]);
  });

  it('skips a probe that was already running at the first poll', async () => {
    const states = [stateOf(102_000, 91_000, 111_000), stateOf(102_500, 101_080, 111_000)];
    expect(await watched(states)).toEqual([]);
  });
});
