/**
 * Every key in Redis. All share the hash tag `{zephyr}`, so that Redis Cluster keeps them on one node and a
 * Lua script may touch several. Each comment gives the writer, the type and the lifetime.
 */
import type { TimeUnit } from '@zephyr/contract/usage/usage';

const root = '{zephyr}:v1';

export const keys = {
  /** Leading controller, by script. JSON of a RoutingSnapshot. Permanent. */
  snapshot: `${root}:snapshot`,
  /** Pub/sub channel: a hint that the snapshot has changed. */
  snapshotChanged: `${root}:snapshot-changed`,
  /** Controllers, by script. Id of the leader. Lease, 5 s. */
  lease: `${root}:lease`,
  /** Controllers, by script. Fencing token of the last leader. Permanent. */
  epoch: `${root}:epoch`,
  /** Controllers, by script. UUID made when Redis was found empty. Permanent. */
  incarnation: `${root}:incarnation`,
  /** Probers, by script. Stream of ScoredProbe, capped. */
  probes: `${root}:probes`,
  /** Probers, by script. Last sequence number taken for an endpoint. Permanent. */
  probeSequence: (endpointId: string) => `${root}:probe-sequence:${endpointId}`,
  /** Probers, by script. Sequence number of an endpoint's last recorded result. Permanent. */
  probeRecorded: (endpointId: string) => `${root}:probe-recorded:${endpointId}`,
  /** Probers, by script. Set when a slot's result is recorded. Lives `SLOT_LIFE_MS`. */
  probeSlot: (slot: string) => `${root}:probe-slot:${slot}`,
  /** Probers, by script. Exists while an endpoint's last real probe is fresh and nothing failed. */
  probeFresh: (endpointId: string) => `${root}:probe-fresh:${endpointId}`,
  /** Proxies. Stream of OutcomeBatch, capped. */
  outcomes: `${root}:outcomes`,
  /** One proxy each. JSON of a ProxyPresence: active requests by endpoint, and more. Lives 5 s; if idle, 15 s. */
  proxy: (proxyId: string) => `${root}:proxy:${proxyId}`,
  /** Proxies. Set of the ids that may have a presence record. Permanent; readers remove ids without one. */
  proxies: `${root}:proxies`,
  /** Proxies. Stream of SessionBatch: where sessions have their prompt cache, capped. */
  sessions: `${root}:sessions`,
  /** Proxies and probers, by script. Hash of one hour's usage, `2026-11-28T09` UTC. Lives at most 35 days. */
  usageHour: (hour: string) => `${root}:usage-hour:${hour}`,
  /** Proxies and probers, by script. Hash of one day's usage, `2026-11-28` UTC. Lives at most 400 days. */
  usageDay: (day: string) => `${root}:usage-day:${day}`,
  /** Leading controller, by script. Usage before this moment was removed, ms. Lives as long as its hours or days. */
  usageRemoved: (unit: TimeUnit) => `${root}:usage-removed:${unit}`,
  /** Proxies and probers, by script. Sequence of a writer's last batch of usage. Lives 35 days; a probe's `SLOT_LIFE_MS`. */
  usageWritten: (writer: string) => `${root}:usage-written:${writer}`,
  /** Proxies, by script. Stream of RequestRecord, capped. */
  requests: `${root}:usage-requests`,
  /**
   * Proxies and probers, by script. Hash of each person's cost in a day, week or month, `week:2026-11-23`
   * UTC; rebuilt from the days above if missing. Lives until after its end.
   */
  usageSpent: (period: string) => `${root}:usage-spent:${period}`,
  /** Proxies, by script. Hash of each person's admitted usage within one minute. Lives 2 min. */
  usageMinute: (minute: string) => `${root}:usage-minute:${minute}`,
  /** Proxies, by script. Hash of each person's concurrent requests. Lives 10 s at most. */
  usageActive: (turn: 'even' | 'odd') => `${root}:usage-active:${turn}`,
  /** One proxy each, by script. Hash of its contributions to the two above. Lives 2 min. */
  usageShare: (proxyId: string) => `${root}:usage-share:${proxyId}`,
  /** Leading controller, by script. JSON of the grants among the operator's wishes. Permanent. */
  usageGrants: `${root}:usage-grants`,
  /** Admin API. Stream of operator commands, capped. */
  commands: `${root}:commands`,
  /** Leading controller, by script. Id of its last commit, so that a retry is harmless. Permanent. */
  committed: `${root}:committed`,
  /** Leading controller, by script. JSON of the OperatorWishes. Permanent. */
  operator: `${root}:operator`,
  /** Leading controller, by script. JSON of a Checkpoint: from it a new leader resumes the decision core's world. */
  world: `${root}:world`,
  /** Leading controller, by script. Stream of the inputs of the decision core, for replay; capped. */
  inputs: `${root}:inputs`,
  /** Leading controller, by script. Stream of decisions with their inputs, capped. */
  decisions: `${root}:decisions`,
  /** Leading controller, by script. Stream of the event log shown to people, capped. */
  log: `${root}:log`,
  /** Leading controller, by script. JSON that the admin API serves; renewed every second. */
  view: `${root}:view`,
  /** Leading controller, by script. Stream of operators' actions and their results, capped. */
  audit: `${root}:audit`,
  /** Controllers, each its own fields. Hash of running tests of new endpoints, by endpoint. */
  endpointTests: `${root}:endpoint-tests`,
  /** Leading controller, by script. JSON of one hour's Rollup, `2026-11-28T09` UTC. Lives 35 days. */
  rollupHour: (hour: string) => `${root}:rollup-hour:${hour}`,
  /** Leading controller, by script. JSON of one day's Rollup, `2026-11-28` UTC. Lives 400 days. */
  rollupDay: (day: string) => `${root}:rollup-day:${day}`,
  /** One service each. Written to check whether Redis accepts writes; expires immediately. */
  writeTest: (instanceId: string) => `${root}:write-test:${instanceId}`,
} as const;

/** BullMQ refuses ioredis' `keyPrefix` and wants its own. */
export const QUEUE_PREFIX = '{zephyr}:bull';
/** Queue names must not contain a colon. */
export const PROBE_QUEUE = 'probes';
