import type { FailureClass } from '@zephyr/contract/failure';
import type { ModelFamily } from '@zephyr/contract/session';
import { HOUR_MS } from '@zephyr/contract/units';

/**
 * All numbers that controller decisions depend on; those of the proxies, such as for ejection, are keys of
 * the configuration. The controller starts from `DEFAULT_POLICY` and applies its configuration (runtime's
 * policy-of-config.ts); a recording can be replayed under another policy. `docs/decisions.md` explains the
 * formulas.
 */
export interface Policy {
  readonly health: HealthPolicy;
  readonly latency: LatencyPolicy;
  readonly live: LivePolicy;
  readonly failure: FailurePolicy;
  readonly switching: SwitchPolicy;
  readonly sessions: SessionPolicy;
  readonly overload: OverloadPolicy;
  readonly presence: PresencePolicy;
  readonly probing: ProbingPolicy;
  readonly rateLimit: RateLimitPolicy;
  readonly publishing: { readonly scoreIntervalMs: number };
}

export interface HealthPolicy {
  /** Consecutive failed probes that make an endpoint unhealthy. */
  readonly fall: number;
  /** Consecutive passed probes that make it healthy again. */
  readonly rise: number;
  /** Each fall within `flapMemoryMs` requires `rise` more passes, up to this many. */
  readonly maxRise: number;
  readonly flapMemoryMs: number;
  /** Consecutive token refusals after which the token counts as refused. */
  readonly tokenFall: number;
  /** Consecutive live successes that outweigh failing probes, and how recent they must be. */
  readonly liveSuccesses: number;
  readonly liveFreshMs: number;
}

export interface LatencyPolicy {
  /** The weight of a sample halves in this time. */
  readonly halfLifeMs: number;
  /** Maximum number of samples per endpoint. */
  readonly maxSamples: number;
  /** Values farther than this many spreads from the median are clipped. */
  readonly clipSpreads: number;
  /** After this many consecutive samples beyond `changeSpreads` on one side, older ones are dropped. */
  readonly changeSamples: number;
  readonly changeSpreads: number;
  /** Prior of the spread, as a share of the latency, and how many samples it counts for. */
  readonly priorSpreadRatio: number;
  readonly priorSamples: number;
  /** How far a latency may drift per minute without a sample, as a share of it. */
  readonly driftRatioPerMinute: number;
  /** Probes of two styles within `pairMs` form a pair; after `basisMs` without direct ones the CLI counts. */
  readonly pairMs: number;
  readonly basisMs: number;
}

/** Live times compared with probes and with what is usual: see `learn/live-excess.ts`. */
export interface LivePolicy {
  /** Minimum requests of a class before its time is compared. */
  readonly leastRequests: number;
  /** Half-life of the mean of a class; one request has at most the share `mostShare` of it. */
  readonly halfLifeMs: number;
  readonly mostShare: number;
  /** After this long without a request of the class its mean starts again. */
  readonly restartMs: number;
  /** Half-life of a request in the weight of its class, which follows the current mix of requests. */
  readonly weightHalfLifeMs: number;
  /** Half-life of the former mean that a sudden change is compared with. */
  readonly formerHalfLifeMs: number;
  /** This many standard errors may be chance. */
  readonly slackErrors: number;
  /** From this excess on, an endpoint is slow for people. */
  readonly slowMs: number;
  /** Minimum time between two confirmations by live times. */
  readonly evidenceGapMs: number;
  /** Live times younger than this are current. */
  readonly freshMs: number;
  /** Half-life of an excess that is no longer measured… */
  readonly memoryMs: number;
  /** …doubled each time the endpoint was slow again, up to this many times, if within this time. */
  readonly maxStrikes: number;
  readonly strikeMemoryMs: number;
  /** Once another endpoint is measured with this much excess… */
  readonly doubtMs: number;
  /** …this is the half-life… */
  readonly doubtedMemoryMs: number;
  /** …for endpoints without a request for this long. */
  readonly quietMs: number;
  /** Half-life with which the usual time of a class follows small changes… */
  readonly driftHalfLifeMs: number;
  /** …and larger ones that only one endpoint shows. */
  readonly riseHalfLifeMs: number;
  /** Endpoints that were measured within this time of each other are compared. */
  readonly peerMs: number;
  /** How long to remember that a class was slower everywhere. */
  readonly agreedMs: number;
}

export interface FailurePolicy {
  /** Half-lives of an attempt's weight: in the short memory, and in the lasting one. */
  readonly halfLifeMs: number;
  readonly lastingHalfLifeMs: number;
  /** Prior of the failure ratio, and how many attempts it counts for. */
  readonly priorRatio: number;
  readonly priorAttempts: number;
  /** The time that one failure of this class costs a waiting person. */
  readonly costMs: Readonly<Record<FailureClass, number>>;
}

export interface SwitchPolicy {
  /** Minimum gain of a latency switch, and how much slower an endpoint that shares the load may be. */
  readonly thresholdMs: number;
  readonly sharingToleranceMs: number;
  /** The gain must also be this many times its standard error. */
  readonly confidence: number;
  /** Consecutive evaluations with new evidence in which the same endpoint must lead. */
  readonly confirmations: number;
  /** Minimum time between a switch and the next latency switch. */
  readonly dwellMs: number;
  /** The same if live requests have shown the active endpoint to be slow since: that is not noise. */
  readonly slowDwellMs: number;
  /** Minimum time between two failure switches. */
  readonly failureGapMs: number;
  /** Maximum wait for active requests (`server.graceful_switch_timeout_ms`). */
  readonly gracefulTimeoutMs: number;
  /** The same if the active endpoint has become slow for people. */
  readonly slowGracefulTimeoutMs: number;
  /** Data older than both this and three probe intervals never justifies a latency switch. */
  readonly staleAfterMs: number;
  /** How long to wait for all scores after a start before the first choice. */
  readonly settleMs: number;
  /** More automatic switches than this within the window freeze latency switches for `freezeMs`. */
  readonly flapLimit: number;
  readonly flapWindowMs: number;
  readonly freezeMs: number;
  readonly rampMs: number;
  readonly rampStartShare: number;
}

export interface SessionPolicy {
  /** Requests that a running session is expected to send while the gain lasts. */
  readonly requestsAhead: number;
  /** The cost of an hour of a person's waiting. */
  readonly usdPerHour: number;
  /** Additional time to first token per token that is not in the cache. */
  readonly rebuildMsPerToken: number;
  readonly inputUsdPerMillionTokens: Readonly<Record<ModelFamily, number>>;
  /** Prices of cache writes and reads, as multiples of the input price. */
  readonly cacheWriteFactor: number;
  readonly cacheReadFactor: number;
}

export interface OverloadPolicy {
  /** How long an overload answer is remembered. */
  readonly memoryMs: number;
  /** Share of the endpoints with recent answers that must be overloaded to count as overloaded everywhere. */
  readonly share: number;
}

export interface PresencePolicy {
  /** A proxy that has not reported for this long is forgotten. */
  readonly ttlMs: number;
  /** How many proxies must report an ejection, unless there are fewer. */
  readonly ejectionVotes: number;
  /** How long reported ejections are ignored after a recovery: proxies report every second. */
  readonly recoverySettleMs: number;
  /** How long good answers at one proxy outweigh the ejections of other proxies. */
  readonly servedFreshMs: number;
  /** Minimum gap between two recoveries by live traffic: at first, and at most after doubling. */
  readonly recoveryGapMs: number;
  readonly recoveryGapMaxMs: number;
}

export interface RateLimitPolicy {
  /** A limit costs something once less than this share of it remains, unless it resets within `soonMs`… */
  readonly lowShare: number;
  readonly soonMs: number;
  /** …and at most this, when none of it remains. */
  readonly mostWaitMs: number;
}

export interface ProbingPolicy {
  /** While a failure or a recovery is being confirmed. */
  readonly verifyIntervalMs: number;
  /** After a changed URL or token: the probe interval, and for how long. */
  readonly proveIntervalMs: number;
  readonly proveMs: number;
  /** Live successes younger than this make probes unnecessary. */
  readonly liveFreshMs: number;
  /** The interval is then longer by this factor: a few probes keep scores comparable. */
  readonly unneededFactor: number;
  /** From this many active requests on, the load is medium or high. */
  readonly mediumLoadRequests: number;
  readonly highLoadRequests: number;
  /** A direct request is compared with the CLI if the CLI passed within this time. */
  readonly compareWithinMs: number;
  /** How many direct requests must fail while the CLI passes until only the CLI is used, and for how long. */
  readonly refusals: number;
  readonly recompareMs: number;
  /** For a latency switch, both endpoints must have passed a CLI probe within this time. */
  readonly cliBeforeSwitchMs: number;
  /** While idle, the CLI runs less often by this factor. */
  readonly idleCliFactor: number;
  /** From this share of the daily budget on, cheaper probes are planned. */
  readonly cheaperFromShare: number;
}

/** A failure noticed immediately costs a retry; one noticed by a timer costs the timer's duration. */
const QUICK_FAILURE_MS = 2_000;
const SLOW_FAILURE_MS = 15_000;

export const DEFAULT_POLICY: Policy = {
  health: {
    // HAProxy's defaults for health checks: `fall 3`, `rise 2`.
    fall: 3,
    rise: 2,
    maxRise: 16,
    flapMemoryMs: 600_000,
    tokenFall: 2,
    liveSuccesses: 3,
    liveFreshMs: 30_000,
  },
  latency: {
    halfLifeMs: 180_000,
    maxSamples: 48,
    clipSpreads: 3,
    changeSamples: 3,
    changeSpreads: 2.5,
    priorSpreadRatio: 0.2,
    priorSamples: 2,
    driftRatioPerMinute: 0.02,
    pairMs: 120_000,
    basisMs: 300_000,
  },
  live: {
    leastRequests: 3,
    halfLifeMs: 5_000,
    mostShare: 0.2,
    restartMs: 120_000,
    weightHalfLifeMs: 60_000,
    formerHalfLifeMs: 30_000,
    // One person's times vary by half; three errors of a mean of ten are about as much.
    slackErrors: 3,
    slowMs: 200,
    evidenceGapMs: 3_000,
    freshMs: 30_000,
    memoryMs: 60_000,
    maxStrikes: 6,
    strikeMemoryMs: 14_400_000,
    doubtMs: 100,
    doubtedMemoryMs: 2_000,
    quietMs: 5_000,
    driftHalfLifeMs: 900_000,
    riseHalfLifeMs: 1_800_000,
    peerMs: 60_000,
    agreedMs: 7_200_000,
  },
  failure: {
    halfLifeMs: 300_000,
    lastingHalfLifeMs: HOUR_MS,
    priorRatio: 0.01,
    priorAttempts: 10,
    costMs: {
      outbound_proxy: QUICK_FAILURE_MS,
      dns: QUICK_FAILURE_MS,
      connection_refused: QUICK_FAILURE_MS,
      connect_timeout: SLOW_FAILURE_MS,
      tls: QUICK_FAILURE_MS,
      reset: QUICK_FAILURE_MS,
      first_byte_timeout: SLOW_FAILURE_MS,
      idle_timeout: SLOW_FAILURE_MS,
      timeout: SLOW_FAILURE_MS,
      truncated: SLOW_FAILURE_MS,
      not_claude: QUICK_FAILURE_MS,
      server_error: QUICK_FAILURE_MS,
      overloaded: QUICK_FAILURE_MS,
      rate_limited: QUICK_FAILURE_MS,
      token_refused: QUICK_FAILURE_MS,
      credit: QUICK_FAILURE_MS,
      forbidden: QUICK_FAILURE_MS,
      model_not_found: QUICK_FAILURE_MS,
      unsupported: QUICK_FAILURE_MS,
      ...{ foreign_thinking: 0, client_error: 0, cli_missing: 0, cli_crashed: 0 },
    },
  },
  switching: {
    thresholdMs: 50,
    sharingToleranceMs: 1_000,
    // At 1.5 standard errors about one gain in fifteen is chance; a lower value switches more for nothing.
    confidence: 1.5,
    confirmations: 3,
    dwellMs: 60_000,
    slowDwellMs: 20_000,
    failureGapMs: 5_000,
    gracefulTimeoutMs: 30_000,
    // Long enough for its mean to rise fully: if left sooner, an equally slow next one would look slower.
    slowGracefulTimeoutMs: 10_000,
    staleAfterMs: 300_000,
    settleMs: 30_000,
    flapLimit: 6,
    flapWindowMs: 600_000,
    freezeMs: 600_000,
    // Like HAProxy's `slowstart`: a cold endpoint should not get all traffic immediately.
    rampMs: 10_000,
    rampStartShare: 0.25,
  },
  sessions: {
    requestsAhead: 20,
    usdPerHour: 60,
    // https://www.anthropic.com/news/prompt-caching: 100,000 tokens, 11.5 s without and 2.4 s with.
    rebuildMsPerToken: 0.09,
    // https://docs.anthropic.com/en/docs/about-claude/pricing
    inputUsdPerMillionTokens: { haiku: 1, sonnet: 3, opus: 5, other: 3 },
    cacheWriteFactor: 1.25,
    cacheReadFactor: 0.1,
  },
  overload: { memoryMs: 60_000, share: 0.6 },
  presence: {
    ttlMs: 5_000,
    ejectionVotes: 2,
    recoverySettleMs: 3_000,
    servedFreshMs: 5_000,
    recoveryGapMs: 2_000,
    recoveryGapMaxMs: 16_000,
  },
  probing: {
    verifyIntervalMs: 5_000,
    proveIntervalMs: 1_000,
    proveMs: 3_500,
    liveFreshMs: 30_000,
    unneededFactor: 5,
    // The levels of the original program: up to 3 low, up to 10 medium, more is high.
    mediumLoadRequests: 4,
    highLoadRequests: 11,
    compareWithinMs: 60_000,
    refusals: 2,
    recompareMs: 21_600_000,
    cliBeforeSwitchMs: 600_000,
    idleCliFactor: 4,
    cheaperFromShare: 0.8,
  },
  rateLimit: { lowShare: 0.2, soonMs: 10_000, mostWaitMs: SLOW_FAILURE_MS },
  publishing: { scoreIntervalMs: 5_000 },
};
