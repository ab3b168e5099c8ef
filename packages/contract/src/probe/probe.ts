/** Probes: the plan, the job that runs one, and its result. */
import { z } from 'zod';

import { failureClass } from '../failure.ts';
import { count, duration, endpointIdSchema, moment, type ShapeOf, usd } from '../scalars.ts';

export const PROBE_STYLES = ['cli', 'cli-light', 'messages', 'http', 'tcp'] as const;
export const probeStyle = z.enum(PROBE_STYLES);
export type ProbeStyle = z.infer<typeof probeStyle>;

/** The configurable styles; `auto`: the CLI where it matters, something cheaper in between. */
export const CONFIGURED_STYLES = ['auto', ...PROBE_STYLES] as const;
export type ConfiguredStyle = (typeof CONFIGURED_STYLES)[number];

/** `cheaper`: the group's daily budget is nearly spent; use the cheapest probe that shows something. */
export const spending = z.enum(['normal', 'cheaper']);
export type Spending = z.infer<typeof spending>;

/**
 * What the next probe is for. `real`: there is an open question (has it failed, is it faster?) that only
 * a real probe can answer. `direct`, `free`: in style `auto`, one direct request, or only a connection.
 */
const probeWants = z.enum(['any', 'real', 'direct', 'free']);
export type ProbeWants = z.infer<typeof probeWants>;

/** `unneeded`: live traffic shows enough; occasional probes keep scores comparable. */
export const PROBE_PACES = [
  'configured',
  'verifying',
  'comparing',
  'deciding',
  'high_load',
  'load',
  'idle',
  'unneeded',
] as const;
export type ProbePace = (typeof PROBE_PACES)[number];

/** When to probe an endpoint. */
export const probePlanSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('scheduled'),
    intervalMs: duration,
    spending,
    why: z.enum(PROBE_PACES),
    wants: probeWants,
  }),
  z.object({ status: z.literal('off'), why: z.enum(['paused', 'disabled', 'budget_spent']) }),
]);
export type ProbePlan = ShapeOf<typeof probePlanSchema>;

/** The data of one job in the probe queue. */
export const probeJobSchema = z.strictObject({
  endpointId: endpointIdSchema,
  /**
   * `schedule`: the interval has passed; `request`: a person or the controller wants a result now; `survey`:
   * a person has added the endpoint, and the job returns an `EndpointFinding`.
   */
  trigger: z.enum(['schedule', 'request', 'survey']),
  spending: spending.default('normal'),
  wants: probeWants.default('any'),
});
export type ProbeJob = ShapeOf<typeof probeJobSchema>;

/** Whether direct requests can replace the CLI, by comparing both in style `auto`. */
export const DIRECT_PROBE_STATES = ['unknown', 'comparing', 'direct_works', 'cli_only'] as const;

/** What an endpoint charged for, in tokens, as in `usage` of the Messages API. */
export const tokenUsageSchema = z.object({
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
});
export type TokenUsage = ShapeOf<typeof tokenUsageSchema>;

/** Limit of the human-readable detail of a failure. */
export const MAX_DETAIL_CHARACTERS = 300;

/** How one probe ended. Latencies are of the API call, excluding the start of the CLI. */
const probeVerdictSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('ok'),
    /** From sending the request to the last byte of the answer. */
    latencyMs: duration,
    /** From sending the request to the first byte of the answer's body; absent if not measured. */
    firstByteMs: duration.optional(),
  }),
  z.object({
    status: z.literal('failed'),
    failure: failureClass,
    /** For people; redacted. */
    detail: z.string().max(MAX_DETAIL_CHARACTERS),
  }),
]);
export type ProbeVerdict = ShapeOf<typeof probeVerdictSchema>;

/** How many of an endpoint's latest probe latencies are shown. */
export const SHOWN_PROBE_LATENCIES = 20;

/** One probe of one endpoint. */
const probeResultSchema = z.object({
  endpointId: endpointIdSchema,
  /** `<endpointId>:<interval number>`: a probe that runs twice is counted once. */
  slot: z.string().max(200),
  /** Rises with each probe of this endpoint; taken at the start, so that a late result loses. */
  sequence: count,
  style: probeStyle,
  startedAtMs: moment,
  /** Duration of the whole probe, including the start of the CLI process. */
  wallMs: duration,
  verdict: probeVerdictSchema,
  /** `cacheWrite1hTokens`: the part of the cache writes that lasts an hour; absent: none. */
  usage: tokenUsageSchema.extend({ cacheWrite1hTokens: count.optional() }),
  costUsd: usd,
});
export type ProbeResult = ShapeOf<typeof probeResultSchema>;

export const knownProbeScoreSchema = z.object({
  status: z.literal('known'),
  totalMs: duration,
  latencyMs: duration,
  /** The expected cost of failures: their probability times the time lost per failure. */
  failureMs: duration,
  /** One standard error of the latency: few or old samples count against an endpoint. */
  uncertaintyMs: duration,
});

/**
 * The expected time to a good answer judged by this result alone; the parts add up to the total.
 * `unknown`: it failed, or did not query a model.
 */
const probeScoreSchema = z.discriminatedUnion('status', [
  knownProbeScoreSchema,
  z.object({ status: z.literal('unknown'), failureMs: duration }),
]);
export type ProbeScore = ShapeOf<typeof probeScoreSchema>;

/** The record of one probe in Redis: its result and the core's score for it. */
export const scoredProbeSchema = z.object({
  ...probeResultSchema.shape,
  score: probeScoreSchema,
});
export type ScoredProbe = ShapeOf<typeof scoredProbeSchema>;
