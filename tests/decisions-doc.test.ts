/** The numbers that docs/decisions.md explains are those of the policy. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { DEFAULT_POLICY } from '@zephyr/core';
import { expect, it } from 'vitest';

/** Line breaks are where the prose wraps. */
const document = readFileSync(join(import.meta.dirname, '../docs/decisions.md'), 'utf8').replaceAll(
  /\s+/g,
  ' ',
);

const { health, latency, live, failure, switching, sessions, overload, presence, probing } =
  DEFAULT_POLICY;
const { rateLimit } = DEFAULT_POLICY;

const s = (ms: number): number => ms / 1_000;
const minutes = (ms: number): number => ms / 60_000;
const hours = (ms: number): number => ms / 3_600_000;
const percent = (share: number): number => share * 100;

it.each([
  // The score.
  `halves every ${minutes(latency.halfLifeMs)} minutes (\`latency.halfLifeMs\`)`,
  `more than ${latency.clipSpreads} spreads from the median`,
  `more than ${latency.changeSpreads} spreads to the same side`,
  `the mean gap over the classes ≤ ${live.slackErrors} standard errors`,
  `half of it from the last ${s(live.halfLifeMs)} s`,
  `Remembered for ${hours(live.agreedMs)} hours`,
  `rises halfway in ${minutes(live.riseHalfLifeMs)} minutes`,
  `halfway in ${minutes(live.driftHalfLifeMs)} minutes`,
  `From ${live.slowMs} ms on it confirms a switch, every ${s(live.evidenceGapMs)} s`,
  `up to ${2 ** (live.maxSlowPhases - 1) * minutes(live.memoryMs)} minutes`,
  `in ${hours(live.slowPhaseMemoryMs)} hours for an endpoint that is really slow`,
  `(${live.doubtMs} ms of excess)`,
  `it halves every ${s(live.doubtedMemoryMs)} s`,
  `waits for active requests for ${s(switching.slowGracefulSwitchTimeoutMs)} s at most`,
  `both halve every ${minutes(failure.halfLifeMs)} minutes`,
  `a prior of ${failure.priorAttempts} attempts with ${percent(failure.priorRatio)} % failures`,
  `detected immediately costs ${s(failure.costMs.connection_refused)} s`,
  `after half an answer, costs ${s(failure.costMs.truncated)} s`,
  `less than ${percent(rateLimit.lowShare)} % of a limit is left`,
  `at least ${s(rateLimit.soonMs)} s away`,
  `a spread of ${percent(latency.priorSpreadRatio)} % is assumed`,
  `(${percent(latency.driftRatioPerMinute)} % a minute)`,
  // Health and ejection.
  `| ${health.fall} failures in a row;`,
  `| ${health.rise} passes in a row; each fall within ${minutes(health.flapMemoryMs)} minutes`,
  `up to ${health.maxRise};`,
  `| ${health.tokenFall} refusals in a row |`,
  `${health.fall} and ${health.rise} are HAProxy's`,
  `(${health.liveSuccesses} in a row, the last within ${s(health.liveFreshMs)} s)`,
  `doubles from ${s(presence.recoveryGapMs)} to ${s(presence.recoveryGapMaxMs)} s`,
  `For ${s(presence.recoverySettleMs)} s after a proof`,
  `(in the last ${s(presence.servedFreshMs)} s)`,
  // Switches.
  `at least ${switching.confidence} standard errors of the gain`,
  `has led in ${switching.confirmations} evaluations`,
  `within the last ${minutes(switching.staleAfterMs)} minutes, or 3 intervals`,
  `${s(switching.dwellMs)} s have passed since the last switch (dwell), or ${s(switching.slowDwellMs)} s`,
  `at both endpoints within ${minutes(probing.cliBeforeSwitchMs)} minutes`,
  `In the ${s(switching.rampMs)} s after the switch`,
  `rises from ${percent(switching.rampStartShare)} to 100 %`,
  `at least ${s(switching.failureGapMs)} s after the last one`,
  `More than ${switching.flapLimit} switches in ${minutes(switching.flapWindowMs)} minutes`,
  `freeze latency switches for ${minutes(switching.freezeMs)} minutes`,
  `at least ${percent(overload.share)} % of the endpoints`,
  `or after ${s(switching.settleMs)} s`,
  // Sessions.
  `(${sessions.rebuildMsPerToken} ms a token,`,
  `(${sessions.cacheWriteFactor} times the input price to write the cache, instead of ${sessions.cacheReadFactor} to read it)`,
  `sessions × ${sessions.requestsAhead} requests × gain`,
  `at ${sessions.usdPerHour} USD per hour`,
  // Probes.
  `| ${s(probing.verifyIntervalMs)} s; ${s(probing.proveIntervalMs)} s for ${s(probing.proveMs)} s after`,
  `| ${probing.unneededFactor} × \`interval_seconds\``,
  `more than ${probing.highLoadRequests - 1} active requests`,
  `${probing.mediumLoadRequests} to ${probing.highLoadRequests - 1}; 1 to ${probing.mediumLoadRequests - 1} active`,
  `From ${percent(probing.cheaperFromShare)} % of the daily budget`,
])('%s', (phrase) => {
  expect(document).toContain(phrase);
});
