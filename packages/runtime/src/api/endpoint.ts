/** One endpoint as people see it: its score, its health, its checks. */
import { PROBE_PACES, PROBE_STYLES, UNAVAILABLE_CODES } from '@zephyr/core';
import { z } from 'zod';

import { count, duration, failure, id, moment, ratio } from './words.ts';

/** The expected time to a good answer, and what it is made of; the parts add up to the total. */
export const scoreSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('unknown') }),
    z.object({
      status: z.literal('known'),
      totalMs: duration,
      /** Smoothed latency of recent probes. */
      latencyMs: duration,
      /** How much longer people wait here than is usual for what they ask. */
      liveMs: duration,
      /** What failures are expected to cost: failure ratio times the time that one loses. */
      failureMs: duration,
      /** Added because little or only old data is known. */
      uncertaintyMs: duration,
      /** Weighted share of recent samples that failed. */
      failureRatio: ratio,
      /** Samples that count, after fading. */
      samples: z.number().nonnegative(),
      /** The newest sample. */
      measuredAtMs: moment,
    }),
  ])
  .meta({ id: 'Score' });
export type ApiScore = z.infer<typeof scoreSchema>;

/** Health is from probes only; see CONTRIBUTING.md, "Vocabulary". */
export const healthSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('unknown') }),
    z.object({ status: z.literal('healthy'), sinceAtMs: moment }),
    z.object({
      status: z.literal('unhealthy'),
      sinceAtMs: moment,
      failure,
      /** Redacted, at most 300 characters. */
      detail: z.string(),
    }),
  ])
  .meta({ id: 'Health' });

/** Time-boxed removal, by outcomes (`ejected`) or because the endpoint asked (`cooling_down`). */
export const removalSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('none') }),
    z.object({
      status: z.literal('ejected'),
      failure,
      untilAtMs: moment,
      /** How many times in a row: each one lasts longer. */
      repeats: count,
    }),
    z.object({ status: z.literal('cooling_down'), failure, untilAtMs: moment }),
    /** The time is over; a few requests try whether it is good again. */
    z.object({ status: z.literal('half_open'), failure }),
  ])
  .meta({ id: 'Removal' });

/** Whether the group's token is taken, a separate axis: the endpoint itself may be well. */
export const tokenAccessSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('unknown') }),
    z.object({ status: z.literal('accepted') }),
    z.object({ status: z.literal('doubted'), failure }),
    z.object({ status: z.literal('refused'), sinceAtMs: moment, failure }),
  ])
  .meta({ id: 'TokenAccess' });

export const endpointProbeSchema = z
  .object({
    style: z.enum(PROBE_STYLES),
    /** See `ProbePlan` in core. */
    plan: z.discriminatedUnion('status', [
      z.object({
        status: z.literal('scheduled'),
        intervalMs: duration,
        spending: z.enum(['normal', 'cheaper']),
        why: z.enum(PROBE_PACES),
      }),
      z.object({
        status: z.literal('off'),
        why: z.enum(['paused', 'disabled', 'budget_spent']),
      }),
    ]),
    running: z.boolean(),
    /** The next planned check; null while none is planned. */
    nextAtMs: moment.nullable(),
    last: z
      .object({
        atMs: moment,
        wallMs: duration,
        verdict: z.discriminatedUnion('status', [
          z.object({ status: z.literal('ok'), latencyMs: duration }),
          z.object({ status: z.literal('failed'), failure, detail: z.string() }),
        ]),
      })
      .nullable(),
    /** Since midnight UTC. */
    today: z.object({
      probes: count,
      /** Checks that fresh live traffic made unnecessary. */
      saved: count,
      inputTokens: count,
      outputTokens: count,
      costUsd: z.number().nonnegative(),
    }),
  })
  .meta({ id: 'EndpointProbe' });

export const endpointSchema = z
  .object({
    id,
    name: z.string(),
    groupName: z.string(),
    /** Origin and path, without credentials. */
    url: z.string(),
    /** Place in the order of trial, 0 is the active one; null where it may not be tried. */
    rank: count.nullable(),
    enabled: z.boolean(),
    available: z.boolean(),
    /** Why it is not available; empty where it is. */
    unavailable: z.array(z.enum(UNAVAILABLE_CODES)),
    health: healthSchema,
    removal: removalSchema,
    token: tokenAccessSchema,
    score: scoreSchema,
    /** Over probes and live requests of the last ten minutes; null without any. */
    successRatio: ratio.nullable(),
    activeRequests: count,
    sessions: count,
    probe: endpointProbeSchema,
  })
  .meta({ id: 'Endpoint' });
export type ApiEndpoint = z.infer<typeof endpointSchema>;
