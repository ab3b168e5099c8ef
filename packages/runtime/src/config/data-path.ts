/**
 * The keys that say how the proxy treats requests: [failover], [timeouts], [limits], [[clients]].
 * docs/data-path.md tells the reason of each default.
 */
import { REPLAY_LIMITS, type ReplayLimit } from '@zephyr/core';
import { z } from 'zod';

const milliseconds = z.number().int().positive().max(86_400_000);
const seconds = z.number().int().positive().max(86_400);
const count = z.number().int().positive().max(1_000_000);

const failover = z.strictObject({
  /** Until when a failed request may be sent to another endpoint; later ones may be billed twice. */
  replay: z.enum(REPLAY_LIMITS).default('before_content'),
  /** Times one request may be sent again; failed connects are not counted, they cost nothing. */
  max_replays: z.number().int().nonnegative().max(5).default(1),
  /** Replays as a share of the requests of the last 10 s. */
  retry_ratio: z.number().min(0).max(1).default(0.1),
  /** Replays per second that are allowed whatever the traffic: 50 running requests in 10 s. */
  retries_per_second: z.number().nonnegative().max(100).default(5),
  /** Failures in a row that take an endpoint out; a refused connection does it alone. */
  failures_to_eject: count.default(2),
  /** How long an endpoint is out the first time; doubles with each repeat. */
  eject_seconds: seconds.default(10),
  max_eject_seconds: seconds.default(300),
  /** The longest Retry-After that is believed: a weekly limit must not take an account out. */
  max_cool_down_seconds: seconds.default(1800),
});

const timeouts = z.strictObject({
  /** Name lookup, TCP and TLS. */
  connect_ms: milliseconds.default(2_000),
  /** From the request to the first event of a streaming answer. */
  first_byte_ms: milliseconds.default(30_000),
  /** More of it for each MiB of the request: reading a long prompt takes its time. */
  first_byte_per_mib_ms: z.number().int().nonnegative().max(3_600_000).default(20_000),
  /** From the request to the first byte of an answer that does not stream. */
  whole_answer_ms: milliseconds.default(600_000),
  /** How long the start of a stream is held back to see whether content follows. */
  gate_ms: milliseconds.default(5_000),
  /** Silence within an answer; pings count as life. */
  idle_ms: milliseconds.default(330_000),
  /** A client that takes nothing of its answer. */
  client_stall_ms: milliseconds.default(60_000),
  /** One request with all its attempts. */
  total_ms: milliseconds.default(1_800_000),
  /** For the headers of a request to arrive. */
  headers_ms: milliseconds.default(10_000),
  /** For a whole request to arrive. */
  request_ms: milliseconds.default(120_000),
  /** An idle connection of a client is kept this long. */
  keep_alive_ms: milliseconds.default(150_000),
  /** After the first signal to stop: until the balancer has noticed. */
  drain_delay_ms: z.number().int().nonnegative().max(60_000).default(0),
  /** After that: for running answers to end. */
  drain_ms: milliseconds.default(600_000),
});

const limits = z.strictObject({
  /** One request's body; the Messages API itself takes 32 MB. */
  body_mib: z.number().positive().max(1024).default(32),
  /** Bodies that are kept for a replay, all requests together; beyond, requests run without one. */
  kept_bodies_mib: z.number().nonnegative().max(65_536).default(256),
  header_kib: z.number().int().min(8).max(256).default(32),
  active_requests: count.default(2_000),
  /** Of one person's key, or of one address where there are no keys. */
  active_requests_per_client: count.default(500),
  connections: count.default(10_000),
  connections_per_address: count.default(2_000),
});

const sessions = z.strictObject({
  /** A Claude Code session keeps its endpoint while its prompt cache is there. */
  stick: z.boolean().default(true),
  /** How long the prompt cache lives without a request; 300 s at the Messages API. */
  cache_lifetime_seconds: seconds.default(300),
});

/** Who may use the proxy. Exactly one of the three says where the key is. */
const client = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,40}$/, 'expected 1 to 40 of letters, digits, . _ -'),
  key_env: z.string().min(1).optional(),
  key_file: z.string().min(1).optional(),
  key_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in 64 hexadecimal digits')
    .optional(),
});

export const dataPathTables = {
  failover: failover.prefault({}),
  timeouts: timeouts.prefault({}),
  limits: limits.prefault({}),
  sessions: sessions.prefault({}),
  clients: z.array(client).max(1000).default([]),
};

/** Paths outside /v1 that go upstream too, e.g. `/api/hello`. */
export const extraPaths = z
  .array(z.string().regex(/^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/, 'expected a plain path'))
  .max(50);

export interface FailoverConfig {
  readonly replay: ReplayLimit;
  readonly maxReplays: number;
  readonly retryRatio: number;
  readonly retriesPerSecond: number;
  readonly failuresToEject: number;
  readonly ejectMs: number;
  readonly maxEjectMs: number;
  readonly maxCoolDownMs: number;
}

export interface TimeoutsConfig {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly firstBytePerMibMs: number;
  readonly wholeAnswerMs: number;
  readonly gateMs: number;
  readonly idleMs: number;
  readonly clientStallMs: number;
  readonly totalMs: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  readonly drainDelayMs: number;
  readonly drainMs: number;
}

export interface LimitsConfig {
  readonly bodyBytes: number;
  readonly keptBodiesBytes: number;
  readonly headerBytes: number;
  readonly activeRequests: number;
  readonly activeRequestsPerClient: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

export interface SessionsConfig {
  readonly stick: boolean;
  readonly cacheLifetimeMs: number;
}

export interface DataPathConfig {
  readonly failover: FailoverConfig;
  readonly timeouts: TimeoutsConfig;
  readonly limits: LimitsConfig;
  readonly sessions: SessionsConfig;
}

export interface DataPathFile {
  readonly failover: z.output<typeof failover>;
  readonly timeouts: z.output<typeof timeouts>;
  readonly limits: z.output<typeof limits>;
  readonly sessions: z.output<typeof sessions>;
}

const MIB = 1024 * 1024;

export function resolveDataPath(file: DataPathFile): DataPathConfig {
  const { failover, timeouts, limits, sessions } = file;
  return {
    sessions: {
      stick: sessions.stick,
      cacheLifetimeMs: sessions.cache_lifetime_seconds * 1000,
    },
    failover: {
      replay: failover.replay,
      maxReplays: failover.max_replays,
      retryRatio: failover.retry_ratio,
      retriesPerSecond: failover.retries_per_second,
      failuresToEject: failover.failures_to_eject,
      ejectMs: failover.eject_seconds * 1000,
      maxEjectMs: failover.max_eject_seconds * 1000,
      maxCoolDownMs: failover.max_cool_down_seconds * 1000,
    },
    timeouts: {
      connectMs: timeouts.connect_ms,
      firstByteMs: timeouts.first_byte_ms,
      firstBytePerMibMs: timeouts.first_byte_per_mib_ms,
      wholeAnswerMs: timeouts.whole_answer_ms,
      gateMs: timeouts.gate_ms,
      idleMs: timeouts.idle_ms,
      clientStallMs: timeouts.client_stall_ms,
      totalMs: timeouts.total_ms,
      headersMs: timeouts.headers_ms,
      requestMs: timeouts.request_ms,
      keepAliveMs: timeouts.keep_alive_ms,
      drainDelayMs: timeouts.drain_delay_ms,
      drainMs: timeouts.drain_ms,
    },
    limits: {
      bodyBytes: Math.floor(limits.body_mib * MIB),
      keptBodiesBytes: Math.floor(limits.kept_bodies_mib * MIB),
      headerBytes: limits.header_kib * 1024,
      activeRequests: limits.active_requests,
      activeRequestsPerClient: limits.active_requests_per_client,
      connections: limits.connections,
      connectionsPerAddress: limits.connections_per_address,
    },
  };
}
