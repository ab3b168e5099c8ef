/** What the proxy's tables of config.toml become: milliseconds and bytes. */
import type { RetryLimit } from '@zephyr/core';
import type { z } from 'zod';

import type { dataPathTables } from './data-path-schema.ts';

export interface FailoverConfig {
  readonly retry: RetryLimit;
  readonly maxRetries: number;
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
  readonly bufferedBodiesBytes: number;
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

/** The parsed tables, with the defaults in them. */
export type DataPathFile = {
  readonly [Table in 'failover' | 'timeouts' | 'limits' | 'sessions']: z.output<
    (typeof dataPathTables)[Table]
  >;
};

const MIB = 1024 * 1024;

export function resolveDataPath(file: DataPathFile): DataPathConfig {
  const { failover, timeouts, limits, sessions } = file;
  return {
    sessions: {
      stick: sessions.stick,
      cacheLifetimeMs: sessions.cache_lifetime_seconds * 1000,
    },
    failover: {
      retry: failover.retry,
      maxRetries: failover.max_retries,
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
      bufferedBodiesBytes: Math.floor(limits.buffered_bodies_mib * MIB),
      headerBytes: limits.header_kib * 1024,
      activeRequests: limits.active_requests,
      activeRequestsPerClient: limits.active_requests_per_client,
      connections: limits.connections,
      connectionsPerAddress: limits.connections_per_address,
    },
  };
}
