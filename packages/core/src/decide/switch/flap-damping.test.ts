import { describe, expect, it } from 'vitest';

import { Scenario } from '../../test-support/scenario.ts';
import { epochMs } from '../../types.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import type { Flapping, World } from '../world/world.ts';
import { stepFlapping } from './flap-damping.ts';

const { flapLimit, flapWindowMs, freezeMs } = DEFAULT_POLICY.switching;
const NOW = 10 * flapWindowMs;
const { world: calm } = new Scenario();

const context = (atMs: number) =>
  ({ epochMs: epochMs(atMs), policy: DEFAULT_POLICY, trigger: 'tick' }) as const;
const switched = (agoMs: readonly number[], flapping: Flapping = { status: 'none' }): World => ({
  ...calm,
  switching: { ...calm.switching, flapping, recentAtMs: agoMs.map((ms) => epochMs(NOW - ms)) },
});
const often = Array.from({ length: flapLimit + 1 }, (_, index) => 1_000 * index);

describe('stepFlapping', () => {
  it('forgets switches after the window, and nothing else', () => {
    const world = switched([flapWindowMs, flapWindowMs - 1, 5]);
    const { next, effects } = stepFlapping(world, context(NOW));
    expect(next).toEqual(switched([flapWindowMs - 1, 5]));
    expect(effects).toEqual([]);
    expect(stepFlapping(next, context(NOW)).next).toBe(next);
  });

  it('freezes after more switches than the limit within the window', () => {
    const few = switched(often.slice(1));
    expect(stepFlapping(few, context(NOW))).toEqual({ next: few, effects: [] });
    const { next, effects } = stepFlapping(switched(often), context(NOW));
    const untilAtMs = NOW + freezeMs;
    expect(next.switching.flapping).toEqual({ status: 'flapping', untilAtMs });
    expect(effects).toEqual([{ kind: 'notice', notice: { code: 'flapping_frozen', untilAtMs } }]);
    // Two of them were long ago.
    const old = switched([flapWindowMs, flapWindowMs + 1, ...often.slice(2)]);
    expect(stepFlapping(old, context(NOW)).next.switching.flapping.status).toBe('none');
  });

  it('thaws in time', () => {
    const frozen = switched([], { status: 'flapping', untilAtMs: epochMs(NOW) });
    expect(stepFlapping(frozen, context(NOW - 1))).toEqual({ next: frozen, effects: [] });
    const { next, effects } = stepFlapping(frozen, context(NOW));
    expect(next.switching.flapping).toEqual({ status: 'none' });
    expect(effects).toEqual([{ kind: 'notice', notice: { code: 'flapping_thawed' } }]);
  });
});
