/** The shortest form of `make soak`: a minute of random faults without a violation. */
import { expect, it } from 'vitest';

import { soakReport } from '../../bench/soak/report.ts';
import { playSoak } from '../../bench/soak/run.ts';

const SECONDS = 45;

/** With seed 14 at most two endpoints fail at the same time, so that one is always healthy. */
it.each([14])(
  'keeps every promise under random faults, seed %d',
  { timeout: 300_000 },
  async (seed) => {
    const played = await playSoak({ seed, seconds: SECONDS, say: () => undefined });
    const { markdown, violations } = soakReport(played);
    expect(violations, markdown).toEqual([]);
    expect(played.sent.filter(({ seen }) => seen.end === 'whole').length).toBeGreaterThan(100);
  },
);
