/**
 * The schema of every record in Redis. What is read is parsed by these; what does not parse is
 * refused with its key's name, so that a foreign or older record never becomes a decision.
 */
import {
  type EndpointId,
  type EpochMs,
  FAILURE_CLASSES,
  MODEL_FAMILIES,
  type OutcomeBatch,
  PROBE_STYLES,
  type ProbeResult,
  type RoutingSnapshot,
} from '@zephyr/core';
import { z } from 'zod';

import { selectionShapes } from '../selection-shapes.ts';

const id = z.custom<EndpointId>((value) => typeof value === 'string' && /^[a-z0-9-]+$/.test(value));
const moment = z.custom<EpochMs>((value) => typeof value === 'number' && Number.isFinite(value));
const count = z.number().int().nonnegative();
/**
 * Numbers that only rise: a record at the end of the safe integers could never be followed by another.
 * Billions of years away for whoever counts; so such a record is not ours, and is not read.
 */
export const LAST_VERSION = 2 ** 52;
const rising = count.max(LAST_VERSION);
const failure = z.enum(FAILURE_CLASSES);

export const usageSchema = z.object({
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
});

export const probeResultSchema: z.ZodType<ProbeResult> = z.object({
  endpointId: id,
  slot: z.string().max(200),
  sequence: count,
  style: z.enum(PROBE_STYLES),
  startedAtMs: moment,
  wallMs: z.number().nonnegative(),
  verdict: z.discriminatedUnion('status', [
    z.object({
      status: z.literal('ok'),
      apiLatencyMs: z.number().nonnegative(),
      ttftMs: z.number().nonnegative().optional(),
    }),
    z.object({ status: z.literal('failed'), failure, detail: z.string().max(300) }),
  ]),
  usage: usageSchema,
  costUsd: z.number().nonnegative(),
});

export const outcomeBatchSchema: z.ZodType<OutcomeBatch> = z.object({
  proxyId: z.string().max(100),
  endpoints: z.record(
    z.string(),
    z.object({
      succeeded: count,
      failed: z.partialRecord(failure, count),
      ttft: z.array(z.object({ class: z.string().max(40), ms: z.number().nonnegative() })).max(32),
    }),
  ),
});

const shapes = selectionShapes(id, moment);
const modeSchema = shapes.mode;

export const snapshotSchema: z.ZodType<RoutingSnapshot> = z.object({
  incarnation: z.string(),
  epoch: rising,
  version: rising,
  configHash: z.string(),
  publishedAtMs: moment,
  selection: z.discriminatedUnion('status', shapes.selections),
  mode: modeSchema,
  order: z.array(id),
  endpoints: z.record(
    z.string(),
    z.object({
      health: z.enum(['unknown', 'healthy', 'unhealthy']),
      enabled: z.boolean(),
      available: z.boolean(),
      scoreMs: z.number().nonnegative().optional(),
      sessionGeneration: rising.optional(),
      recoveries: rising.optional(),
    }),
  ),
  ramp: z
    .object({
      fromId: id,
      startShare: z.number().min(0).max(1),
      durationMs: count,
      elapsedMs: count,
    })
    .optional(),
  overloadedEverywhere: z.boolean(),
});

/** Sessions that one proxy has placed; the others take them over. Never awaited by a request. */
export const sessionBatchSchema = z.object({
  proxyId: z.string().max(100),
  sessions: z
    .array(
      z.object({
        /** A person's name (at most 64 characters) and the id that Claude Code gave (64). */
        id: z.string().max(160),
        endpointId: id,
        generation: count,
        idleMs: count,
      }),
    )
    .max(500),
});

export const REQUEST_PHASES = ['connecting', 'waiting', 'streaming'] as const;

/** What one proxy is doing now. Renewed each second; expires by itself with the proxy. */
export const proxyPresenceSchema = z.object({
  proxyId: z.string().max(100),
  status: z.enum(['serving', 'draining']),
  startedAtMs: moment,
  snapshot: z.object({ incarnation: z.string(), epoch: count, version: count }).nullable(),
  configHash: z.string(),
  /** Running requests by endpoint id. */
  activeRequests: z.record(z.string(), count),
  /** Local ejections by endpoint id: time left when the record was written. */
  ejections: z.record(
    z.string(),
    z.object({ status: z.enum(['ejected', 'half_open']), failure, remainingMs: count }),
  ),
  /** The sessions that it has placed, by endpoint id; absent where sessions are not followed. */
  sessions: z
    .record(
      z.string(),
      z.object({ running: count, cachedTokens: z.partialRecord(z.enum(MODEL_FAMILIES), count) }),
    )
    .optional(),
  /** Running requests one by one, for people; absent where they are not told. */
  requests: z
    .array(
      z.object({
        id: z.string().max(100),
        endpointId: id,
        ageMs: count,
        /** `waiting`: sent, no content yet; `streaming`: content has reached the client. */
        phase: z.enum(REQUEST_PHASES),
        /** 1 for the first endpoint that was tried. */
        attempt: count,
        /** Name of the `[[clients]]` key; null where keys are not used. */
        client: z.string().max(100).nullable(),
        sessionId: z.string().max(100).nullable(),
      }),
    )
    .max(50)
    .optional(),
  /** Running sessions one by one, for people, by pseudonyms; absent where they are not told. */
  sessionList: z
    .array(
      z.object({
        id: z.string().max(100),
        endpointId: id,
        client: z.string().max(100).nullable(),
        ageMs: count,
        idleMs: count,
        requests: count,
        activeRequests: count,
        /** How long the endpoint is expected to keep the session's prompt cache. */
        cacheRemainingMs: count,
      }),
    )
    .max(50)
    .optional(),
});
export type ProxyPresence = z.infer<typeof proxyPresenceSchema>;

/** What people asked for. Survives every restart; a change is committed with the command's answer. */
export const operatorSchema = z.object({
  mode: modeSchema,
  /** Probes stop and nothing is decided until resumed. */
  paused: z.boolean(),
  /** Endpoints that people took out of service. */
  disabled: z.array(id),
});
export type OperatorRecord = z.infer<typeof operatorSchema>;
