/**
 * The cost of probes in a simulated day, and how soon an outage of the serving endpoint is noticed during
 * work. The decisions are those of the real core; tokens are those of bench/probe-styles.ts. Prints Markdown.
 *
 *     node bench/probe-costs.ts [seed, default 1]
 */
import { DEFAULT_POLICY } from '@zephyr/core';

import { type DayFigures, simulateDay } from './probe-day/day.ts';
import { ORIGINAL, SETUPS } from './probe-day/setups.ts';

const ENDPOINTS = 5;
const seed = Number(process.argv[2] ?? 1);

console.log(
  '| checks | 8 h of work | 24 h | of the original, 8 h | real / cheap in 24 h | outages noticed after: mean, max |',
);
console.log('|---|---|---|---|---|---|');
const original = ORIGINAL.usdPerCheck * ENDPOINTS * 60;
console.log(
  `| the original program, every 60 s | $${(original * 8).toFixed(4)} | $${(original * 24).toFixed(4)} | 1 | ${ENDPOINTS * 60 * 24} / 0 | ${ORIGINAL.noticed} |`,
);
for (const setup of SETUPS) {
  const day = simulateDay({ setup, seed, endpoints: ENDPOINTS, policy: DEFAULT_POLICY });
  const share = day.workUsd / (original * 8);
  console.log(
    `| ${setup.name} | $${day.workUsd.toFixed(4)} | $${day.dayUsd.toFixed(4)} | 1/${(1 / share).toFixed(0)} | ${day.realProbes} / ${day.cheapProbes} | ${noticed(day)} |`,
  );
}

function noticed({ noticedAfterMs, outages }: DayFigures): string {
  const mean = noticedAfterMs.reduce((sum, ms) => sum + ms, 0) / noticedAfterMs.length;
  const [meanS, maxS] = [mean, Math.max(...noticedAfterMs)].map(
    (ms) => `${(ms / 1000).toFixed(0)} s`,
  );
  return `${meanS}, ${maxS} (${noticedAfterMs.length} of ${outages})`;
}
