import type { Score } from '@zephyr/contract/decide/score';
import { expect, it } from 'vitest';

import { epochMs } from '../../types.ts';
import { gainMsOf } from './switch-gain.ts';

type KnownScore = Extract<Score, { status: 'known' }>;
const NOTHING: KnownScore = {
  ...{ status: 'known', measuredAtMs: epochMs(0), totalMs: 0, uncertaintyMs: 0 },
  ...{ latencyMs: 0, liveMs: 0, failureMs: 0, preferenceMs: 0, failureRatio: 0, samples: 9 },
};

it.each([
  ['latencyMs', { fasterMs: 70, gainMs: 70 }],
  ['liveMs', { fasterMs: 70, gainMs: 70 }],
  ['failureMs', { fasterMs: 70, gainMs: 70 }],
  ['rateLimitMs', { fasterMs: 70, gainMs: 70 }],
  // What the configuration prefers is a gain, but nothing was measured faster.
  ['preferenceMs', { fasterMs: 0, gainMs: 70 }],
] as const)('a difference in %s is %o', (part, gain) => {
  const [from, to] = [
    { ...NOTHING, [part]: 100 },
    { ...NOTHING, [part]: 30 },
  ];
  expect(gainMsOf({ from, to })).toEqual(gain);
  expect(gainMsOf({ from: to, to: from })).toEqual({
    fasterMs: gain.fasterMs === 0 ? 0 : -gain.fasterMs,
    gainMs: -gain.gainMs,
  });
});

it('a limit of one endpoint alone counts as it is', () => {
  const limited = { ...NOTHING, rateLimitMs: 100 };
  expect(gainMsOf({ from: limited, to: NOTHING })).toEqual({ fasterMs: 100, gainMs: 100 });
});
