/** The types that all rooms share. See CONTRIBUTING.md, "Vocabulary". */

declare const brand: unique symbol;

/** A slug of an endpoint's configured name, `[a-z0-9-]+`, unique over all groups. */
export type EndpointId = string & { readonly [brand]: 'EndpointId' };

/** A moment of the wall clock, in milliseconds since 1970. Never compared across machines. */
export type EpochMs = number & { readonly [brand]: 'EpochMs' };

export const endpointId = (slug: string): EndpointId => slug as EndpointId;
export const epochMs = (milliseconds: number): EpochMs => milliseconds as EpochMs;

/**
 * How a probe or a request can fail, as classes that people can act on.
 * Probes and live requests share them, so that both count in one score.
 */
export const FAILURE_CLASSES = [
  'dns',
  'refused',
  'connect_timeout',
  'tls',
  'reset',
  'first_byte_timeout',
  'idle_timeout',
  'timeout',
  'truncated',
  'not_claude',
  'server_error',
  'overloaded',
  'rate_limited',
  'token_refused',
  'credit',
  'forbidden',
  'model_not_found',
  'unsupported',
  'client_error',
  'cli_missing',
  'cli_crashed',
] as const;

export type FailureClass = (typeof FAILURE_CLASSES)[number];

/**
 * Who has to act on a failure.
 * - `endpoint`: the endpoint is at fault; counts against its health.
 * - `overload`: the model is overloaded or the rate limit is reached; the endpoint itself works.
 * - `token`: the team's token or account is refused.
 * - `client`: the client's own error; counts against nobody.
 * - `local`: our own machine (the CLI is missing or crashed); no evidence about the endpoint.
 */
export type Cause = 'endpoint' | 'overload' | 'token' | 'client' | 'local';

const CAUSES: Readonly<Record<FailureClass, Cause>> = {
  dns: 'endpoint',
  refused: 'endpoint',
  connect_timeout: 'endpoint',
  tls: 'endpoint',
  reset: 'endpoint',
  first_byte_timeout: 'endpoint',
  idle_timeout: 'endpoint',
  timeout: 'endpoint',
  truncated: 'endpoint',
  not_claude: 'endpoint',
  server_error: 'endpoint',
  overloaded: 'overload',
  rate_limited: 'overload',
  token_refused: 'token',
  credit: 'token',
  forbidden: 'token',
  model_not_found: 'token',
  unsupported: 'endpoint',
  client_error: 'client',
  cli_missing: 'local',
  cli_crashed: 'local',
};

export function causeOf(failure: FailureClass): Cause {
  return CAUSES[failure];
}

/** What an endpoint charged for, in tokens of the Messages API's `usage`. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

export const PROBE_STYLES = ['cli', 'cli-light', 'messages', 'http', 'tcp'] as const;
export type ProbeStyle = (typeof PROBE_STYLES)[number];

/** How one probe ended. Latencies are those of the API call, without the start of the CLI. */
export type ProbeVerdict =
  | {
      readonly status: 'ok';
      /** From sending the request to the last byte of the answer. */
      readonly apiLatencyMs: number;
      /** From sending the request to the first event of the answer; absent where not measured. */
      readonly ttftMs?: number | undefined;
    }
  | {
      readonly status: 'failed';
      readonly failure: FailureClass;
      /** For people; redacted, at most 300 characters. */
      readonly detail: string;
    };

/** One probe of one endpoint. */
export interface ProbeResult {
  readonly endpointId: EndpointId;
  /** `<endpointId>:<number of the interval>`: a probe that runs twice is counted once. */
  readonly slot: string;
  /** Rises with each probe of this endpoint, taken at the start: a late result loses. */
  readonly sequence: number;
  readonly style: ProbeStyle;
  readonly startedAtMs: EpochMs;
  /** Duration of the whole probe, with the start of the CLI process. */
  readonly wallMs: number;
  readonly verdict: ProbeVerdict;
  readonly usage: TokenUsage;
  readonly costUsd: number;
}

/**
 * What a proxy saw of one endpoint within one reporting period (about a second). `failed` has only
 * failures of the endpoint, its token or its load; those of one request, one model or a missing
 * operation are not reported.
 */
export interface OutcomeCounts {
  readonly succeeded: number;
  readonly failed: Readonly<Partial<Record<FailureClass, number>>>;
  /** Time to first token of successful requests in this period; at most 32 samples. */
  readonly ttft: readonly TtftSample[];
}

/** How long one request waited for its first content. */
export interface TtftSample {
  /** The class of requests that it is comparable with: see `latencyClassOf`. */
  readonly class: string;
  readonly ms: number;
}

/** One proxy's report: sent in batches, never awaited by a request. */
export interface OutcomeBatch {
  readonly proxyId: string;
  readonly endpoints: Readonly<Record<string, OutcomeCounts>>;
}

export type Mode =
  | { readonly kind: 'auto' }
  | { readonly kind: 'manual'; readonly endpointId: EndpointId };

/**
 * Why the selection is what it is. `nothing_available`: no endpoint can serve, the last active one
 * stays selected; `recovered`: it was the first to return.
 */
export const REASON_CODES = [
  'initial',
  'faster',
  'active_failed',
  'active_ejected',
  'active_disabled',
  'active_removed',
  'active_token_refused',
  'operator_selected',
  'pinned_failed',
  'pinned_recovered',
  'nothing_available',
  'recovered',
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

/**
 * Which endpoint serves new requests, as a machine:
 *
 *     steady --(faster, active has requests)--> pending
 *     pending --(active idle | graceful_switch_timeout_ms passed)--> draining
 *     pending --(the gain is gone)--> steady
 *     steady | pending --(failure, operator)--> draining
 *     draining --(old endpoint has no active requests)--> steady
 */
export type Selection =
  | {
      readonly status: 'steady';
      readonly activeId: EndpointId;
      readonly reason: ReasonCode;
      readonly sinceAtMs: EpochMs;
    }
  | {
      readonly status: 'pending';
      readonly activeId: EndpointId;
      readonly nextId: EndpointId;
      readonly reason: ReasonCode;
      readonly sinceAtMs: EpochMs;
      /** The switch takes effect at this moment at the latest. */
      readonly deadlineAtMs: EpochMs;
    }
  | {
      readonly status: 'draining';
      readonly activeId: EndpointId;
      /** Takes no new requests; its running answers end where they are. */
      readonly drainingId: EndpointId;
      readonly reason: ReasonCode;
      readonly sinceAtMs: EpochMs;
    };

/** One endpoint in the snapshot; health comes from probes only. */
export interface EndpointView {
  readonly health: 'unknown' | 'healthy' | 'unhealthy';
  readonly enabled: boolean;
  readonly available: boolean;
  /** Expected time to a good answer in ms; absent while nothing is known. */
  readonly scoreMs?: number | undefined;
  /**
   * Rises when the sessions of this endpoint should choose again. A proxy remembers it with each
   * session's endpoint; a session that was placed under a smaller number goes to the active
   * endpoint with its next request. Absent: 0.
   */
  readonly sessionGeneration?: number | undefined;
  /**
   * Rises when evidence ends the ejections of this endpoint: a passed probe, an operator's wish,
   * good answers at another proxy. A proxy that sees it rise admits requests again at once, a few
   * at first. Absent: 0.
   */
  readonly recoveries?: number | undefined;
}

/**
 * After a latency switch new traffic moves over gradually: the share that goes to the
 * active endpoint rises in a straight line from `startShare` to 1 over `durationMs`; the rest
 * goes to `fromId`. A proxy counts the time since it received the snapshot by its own monotonic
 * clock, adds `elapsedMs`, and asks `rampedEndpoint` (ramp.ts) with the session's id (or the
 * request's, where there is none): all replicas then place one session alike.
 * Only for sessions and requests without an endpoint: a session that has one keeps it.
 */
export interface Ramp {
  readonly fromId: EndpointId;
  /** Share of new traffic that the active endpoint takes at first, 0 to 1. */
  readonly startShare: number;
  readonly durationMs: number;
  /** Time since the switch when this snapshot was published. */
  readonly elapsedMs: number;
}

/**
 * What proxies route by. Written by the leading controller only; immutable.
 * A proxy takes only a larger (epoch, version) of the same incarnation, or another incarnation.
 * It names endpoints by id: URLs and tokens stay in each service's own configuration.
 */
export interface RoutingSnapshot {
  /** Generated again whenever Redis was found empty. */
  readonly incarnation: string;
  /** Fencing token of the leader that wrote it. */
  readonly epoch: number;
  readonly version: number;
  readonly configHash: string;
  readonly publishedAtMs: EpochMs;
  readonly selection: Selection;
  readonly mode: Mode;
  /** The order in which to try endpoints: the active one, then the fallbacks, best first. */
  readonly order: readonly EndpointId[];
  readonly endpoints: Readonly<Record<string, EndpointView>>;
  /** Present for some seconds after a latency switch. */
  readonly ramp?: Ramp | undefined;
  /** The model is overloaded on most endpoints: going elsewhere helps nobody. */
  readonly overloadedEverywhere: boolean;
}

/** The part of the snapshot that the core decides; the publisher adds the rest. */
export type SnapshotContent = Pick<
  RoutingSnapshot,
  'selection' | 'mode' | 'order' | 'endpoints' | 'ramp' | 'overloadedEverywhere'
>;

/** Families of models by price; `other` is counted like Sonnet. */
export const MODEL_FAMILIES = ['haiku', 'sonnet', 'opus', 'other'] as const;
export type ModelFamily = (typeof MODEL_FAMILIES)[number];

/** The running Claude Code sessions that one proxy has placed on one endpoint. */
export interface SessionLoad {
  /** Sessions that asked something within the cache lifetime. */
  readonly running: number;
  /**
   * Tokens of their prompts that the endpoint holds in its cache: of each session's last answer,
   * `cacheReadTokens + cacheWriteTokens` of its usage.
   */
  readonly cachedTokens: Readonly<Partial<Record<ModelFamily, number>>>;
}

/** An endpoint that one proxy has ejected, or lets a few requests in again. */
export interface EjectionReport {
  readonly status: 'ejected' | 'half_open';
  readonly failure: FailureClass;
  /** Time left when the report was written; 0 when half-open. */
  readonly remainingMs: number;
}

/** What one proxy is doing now; renewed each second, forgotten otherwise. */
export interface PresenceReport {
  readonly proxyId: string;
  readonly status: 'serving' | 'draining';
  /** Active requests by endpoint id. */
  readonly activeRequests: Readonly<Record<string, number>>;
  /** Local ejections by endpoint id; admitted endpoints are not listed. */
  readonly ejections: Readonly<Record<string, EjectionReport>>;
  /** By endpoint id; absent where sessions are not followed. */
  readonly sessions?: Readonly<Record<string, SessionLoad>> | undefined;
}

/** Fails to compile where a case of a union is not handled. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
