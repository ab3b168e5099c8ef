import type { FailureClass, ModelFamily } from './types.ts';

/**
 * Every number that a decision depends on. The controller takes `DEFAULT_POLICY` and sets what its
 * configuration says; a recording is replayed under another policy to see what would have changed.
 * `docs/decisions.md` explains the formulas.
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
  readonly publishing: { readonly scoreIntervalMs: number };
}

export interface HealthPolicy {
  /** Failed probes in a row that make an endpoint unhealthy. */
  readonly fall: number;
  /** Passed probes in a row that make it healthy again. */
  readonly rise: number;
  /** Each fall within `flapMemoryMs` asks for `rise` more passes, up to this many. */
  readonly maxRise: number;
  readonly flapMemoryMs: number;
  /** Token refusals in a row after which the endpoint is not used with this token. */
  readonly tokenFall: number;
  /** Live successes in a row that outweigh failing probes, and how fresh they must be. */
  readonly liveSuccesses: number;
  readonly liveFreshMs: number;
}

export interface LatencyPolicy {
  /** The weight of a sample halves in this time. */
  readonly halfLifeMs: number;
  /** Samples kept for each endpoint. */
  readonly maxSamples: number;
  /** Values farther than so many spreads from the middle are pulled in to there. */
  readonly clipSpreads: number;
  /** So many samples in a row beyond `changeSpreads`, all on one side: older ones are forgotten. */
  readonly changeSamples: number;
  readonly changeSpreads: number;
  /** The spread to assume before there are samples, as a share of the latency… */
  readonly priorSpreadRatio: number;
  /** …and how many samples that assumption weighs. */
  readonly priorSamples: number;
  /** What an endpoint may drift in a minute without a sample, as a share of its latency. */
  readonly driftRatioPerMinute: number;
}

/** How long people wait, against probes and against what is usual: see `live/live-times.ts`. */
export interface LivePolicy {
  /** Requests of a class from which on its time is compared. */
  readonly leastRequests: number;
  /** The mean of a class forgets half in this time, but no more than `mostShare` by one request. */
  readonly halfLifeMs: number;
  readonly mostShare: number;
  /** After so long without a request of the class its mean begins again. */
  readonly restartMs: number;
  /** What people ask at present: a request counts half after this time. */
  readonly weightHalfLifeMs: number;
  /** How far back a sudden change is looked for. */
  readonly formerHalfLifeMs: number;
  /** So many standard errors may be chance. */
  readonly slackErrors: number;
  /** From here on an endpoint is called slow for people. */
  readonly slowMs: number;
  /** Least time between two confirmations by live times. */
  readonly evidenceGapMs: number;
  /** Live times younger than this are of now. */
  readonly freshMs: number;
  /** How fast an excess is forgotten that is not measured any more: half of it in this time… */
  readonly memoryMs: number;
  /** …which doubles with each time the endpoint was slow again, but so many times at most… */
  readonly maxStrikes: number;
  /** …if it was within this time. */
  readonly strikeMemoryMs: number;
  /** …and faster, half of it in this time, once one that is measured has so much excess itself… */
  readonly doubtMs: number;
  readonly doubtedMemoryMs: number;
  /** …if nobody has asked this one for so long. */
  readonly quietMs: number;
  /** How fast the usual time of a class follows small changes… */
  readonly driftHalfLifeMs: number;
  /** …and larger ones that only one endpoint shows. */
  readonly riseHalfLifeMs: number;
  /** Endpoints that were measured within this time of each other are compared with each other. */
  readonly peerMs: number;
  /** How long it is remembered that a class was slower everywhere. */
  readonly agreedMs: number;
}

export interface FailurePolicy {
  /** The weight of an attempt halves in this time. */
  readonly halfLifeMs: number;
  /** What to assume before there are attempts, and how many attempts that weighs. */
  readonly priorRatio: number;
  readonly priorAttempts: number;
  /** What one failure of this class costs the person who waits. */
  readonly costMs: Readonly<Record<FailureClass, number>>;
}

export interface SwitchPolicy {
  /** Least gain for a latency switch (`server.switch_threshold_ms`). */
  readonly thresholdMs: number;
  /** The gain must also be so many times its own standard error. */
  readonly confidence: number;
  /** Evaluations with new evidence in a row in which the same endpoint must lead. */
  readonly confirmations: number;
  /** Least time between a switch and the next latency switch. */
  readonly dwellMs: number;
  /** The same where the active endpoint has become slow for people since: that is no noise. */
  readonly slowDwellMs: number;
  /** Least time between two failure switches. */
  readonly failureGapMs: number;
  /** Longest wait for running requests (`server.graceful_switch_timeout_ms`). */
  readonly gracefulTimeoutMs: number;
  /** Data older than this, and than three intervals, never justifies a latency switch. */
  readonly staleAfterMs: number;
  /** After a start the first good choice is made at once, within this time at the latest. */
  readonly settleMs: number;
  /** More switches than this that nobody asked for, within the window, freeze latency switches for `freezeMs`. */
  readonly flapLimit: number;
  readonly flapWindowMs: number;
  readonly freezeMs: number;
  /** A switch that was not worth the caches is not weighed again for so long. */
  readonly declineMs: number;
  readonly rampMs: number;
  readonly rampStartShare: number;
}

export interface SessionPolicy {
  /** `keep`: sessions stay when the selection switches; `follow`: they go along. */
  readonly onSwitch: 'keep' | 'follow';
  /** Requests that a running session is expected to send while the gain lasts. */
  readonly requestsAhead: number;
  /** What an hour of a person's waiting is worth. */
  readonly usdPerHour: number;
  /** Extra time to the first token for each token that is not in the cache. */
  readonly rebuildMsPerToken: number;
  readonly inputUsdPerMillionTokens: Readonly<Record<ModelFamily, number>>;
  /** Price of writing to and of reading from the cache, as a share of the input price. */
  readonly cacheWriteFactor: number;
  readonly cacheReadFactor: number;
}

export interface OverloadPolicy {
  /** How long an overload answer is remembered. */
  readonly memoryMs: number;
  /** Share of the endpoints heard from that must be overloaded to call it overloaded everywhere. */
  readonly share: number;
}

export interface PresencePolicy {
  /** A proxy that has not reported for so long is forgotten. */
  readonly ttlMs: number;
  /** Proxies that must report an ejection, unless there are fewer. */
  readonly ejectionVotes: number;
  /** Proxies that are counted: an invented crowd fills no memory. */
  readonly maxProxies: number;
  /** After a recovery, reports of ejections are not counted for so long: proxies report each second. */
  readonly recoverySettleMs: number;
  /** Good answers at one proxy outweigh other proxies' ejections for so long. */
  readonly servedFreshMs: number;
  /** Least gap between two recoveries by live traffic: the first, and the most after doubling. */
  readonly recoveryGapMs: number;
  readonly recoveryGapMaxMs: number;
}

export interface ProbingPolicy {
  /** While a failure or a recovery is being confirmed. */
  readonly verifyIntervalMs: number;
  /** After a changed URL or token: probes come at this interval for so long. */
  readonly proveIntervalMs: number;
  readonly proveMs: number;
  /** Live successes younger than this make probes unnecessary. */
  readonly liveFreshMs: number;
  /** Then the interval is so many times longer: a few probes keep both on one scale. */
  readonly unneededFactor: number;
  /** Running requests from which on the load is medium or high. */
  readonly mediumLoadRequests: number;
  readonly highLoadRequests: number;
  /** Share of the daily budget from which cheaper probes are ordered. */
  readonly cheaperFromShare: number;
}

/** A failure that is noticed at once costs a replay; one that is noticed by a timer, the timer. */
const QUICK_FAILURE_MS = 2_000;
const SLOW_FAILURE_MS = 15_000;

export const DEFAULT_POLICY: Policy = {
  health: {
    // HAProxy's defaults for checks: `fall 3`, `rise 2`.
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
    priorRatio: 0.01,
    priorAttempts: 10,
    costMs: {
      dns: QUICK_FAILURE_MS,
      refused: QUICK_FAILURE_MS,
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
      client_error: 0,
      cli_missing: 0,
      cli_crashed: 0,
    },
  },
  switching: {
    thresholdMs: 50,
    // With 1.5 standard errors about one gain in fifteen is only luck; less switches more, for nothing.
    confidence: 1.5,
    confirmations: 3,
    dwellMs: 60_000,
    slowDwellMs: 20_000,
    failureGapMs: 5_000,
    gracefulTimeoutMs: 30_000,
    staleAfterMs: 300_000,
    settleMs: 30_000,
    flapLimit: 6,
    flapWindowMs: 600_000,
    freezeMs: 600_000,
    declineMs: 600_000,
    // HAProxy calls it `slowstart`: a cold endpoint should not meet all the traffic at once.
    rampMs: 10_000,
    rampStartShare: 0.25,
  },
  sessions: {
    onSwitch: 'keep',
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
    maxProxies: 128,
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
    cheaperFromShare: 0.8,
  },
  publishing: { scoreIntervalMs: 5_000 },
};
