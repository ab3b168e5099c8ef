/**
 * Who used what: the ledger of people and probes, and the log of requests. Never contains a prompt or an
 * answer. Proxies write both about once a second, and no request waits for it; see docs/usage.md.
 */
import { z } from 'zod';

import { failureClass } from '../failure.ts';
import { MAX_REQUEST_ID_CHARACTERS, MAX_SESSION_ID_CHARACTERS } from '../id-length.ts';
import { MAX_MODEL_CHARACTERS } from '../model-name.ts';
import { MAX_DISPLAY_NAME_CHARACTERS, MAX_PERSON_CHARACTERS } from '../names.ts';
import { tokenUsageSchema } from '../probe/probe.ts';
import { count, duration, moment, type PlainOf, type ShapeOf, usd } from '../scalars.ts';

/** As seen by the client. `passed`: the endpoint refused the request because of the client. */
export const REQUEST_OUTCOMES = [
  'ok',
  'passed',
  'failed',
  'cut',
  'client_gone',
  'too_large',
  'timed_out',
] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

/** Tokens reported by an answer; `cacheWrite1hTokens` is the part of the cache writes that lasts an hour. */
export const answerUsageSchema = tokenUsageSchema.extend({ cacheWrite1hTokens: count });
export type AnswerUsage = ShapeOf<typeof answerUsageSchema>;

/**
 * What is known about the tokens of a request:
 *
 * - `reported`: its complete answer reported them.
 * - `partly_reported`: the answer was cut; the tokens reported until then are counted.
 * - `not_reported`: an endpoint got the request, and may charge for it, but reported none.
 * - `free`: none were used: a refusal, or an operation without tokens.
 */
export const TOKENS_KNOWN = ['reported', 'partly_reported', 'not_reported', 'free'] as const;
export type TokensKnown = (typeof TOKENS_KNOWN)[number];

/** Names come from outside: bounded, and without terminal control characters. */
const plainText = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .refine((text) => !/\p{Cc}/u.test(text), 'expected no control characters');
const person = plainText(MAX_PERSON_CHARACTERS).min(1);
const model = plainText(MAX_MODEL_CHARACTERS).min(1);
export const MAX_ENDPOINT_CHARACTERS = 100;
/** An endpoint's id, `none` or `other`. */
const endpoint = plainText(MAX_ENDPOINT_CHARACTERS).min(1);

/** The counts of a row, in the order of their record in Redis. */
export const USAGE_COUNTS = [
  'requests',
  /** Requests whose client got no complete answer, unless the client disconnected. */
  'failed',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  /** Billionths of a dollar: whole numbers add up exactly. */
  'costNanoUsd',
  /** Requests with tokens of a model that has no known price: not in the cost. */
  'unpriced',
  /** Requests whose tokens are `partly_reported` or `not_reported`. */
  'incomplete',
  /** Failed attempts that an endpoint may charge for in addition to the answer that the client got. */
  'possiblyBilledTwice',
] as const;
export type UsageCount = (typeof USAGE_COUNTS)[number];
export type UsageCounts = Readonly<Record<UsageCount, number>>;

/** One person at one endpoint with one model, within one hour or day. */
export const usageRowSchema = z.object({
  person,
  endpoint,
  model,
  /** When the hour or day begins, UTC. */
  fromAtMs: count,
  counts: z.record(z.enum(USAGE_COUNTS), count),
});
export type UsageRow = ShapeOf<typeof usageRowSchema>;

/** What identifies a row: names, and the time at which it begins. */
export const NAMED_DIMENSIONS = ['person', 'endpoint', 'model'] as const;
export type NamedDimension = (typeof NAMED_DIMENSIONS)[number];
export const TIME_DIMENSIONS = ['day', 'hour'] as const;
/** The length of a row or rollup. */
export type TimeUnit = (typeof TIME_DIMENSIONS)[number];
export const USAGE_DIMENSIONS = [...NAMED_DIMENSIONS, ...TIME_DIMENSIONS] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];
/** For a report that names none. */
export const DEFAULT_DIMENSIONS: readonly UsageDimension[] = [...NAMED_DIMENSIONS, 'day'];

export type UsageKey = Pick<UsageRow, NamedDimension>;

/** One attempt at one endpoint. */
const requestAttemptSchema = z.object({
  endpoint,
  /** Null: it answered, or the client disconnected first. */
  failure: failureClass.nullable(),
  /** It got the request and may charge for it, though it failed. */
  isBillable: z.boolean(),
});
export type RequestAttempt = ShapeOf<typeof requestAttemptSchema>;

/** Attempts in the record of one request. */
export const MAX_ATTEMPTS = 10;

/** One finished request. */
export const requestRecordSchema = z
  .object({
    /** Our id: `request_id` in the proxy's errors. */
    id: plainText(MAX_REQUEST_ID_CHARACTERS).min(1),
    /** The endpoint's `request-id`; null if it sent none. */
    endpointRequestId: plainText(MAX_REQUEST_ID_CHARACTERS).nullable(),
    /** When it ended, by the proxy's clock. */
    atMs: moment,
    person,
    /** Of the endpoint; null if the request was sent to none. */
    group: plainText(MAX_DISPLAY_NAME_CHARACTERS).nullable(),
    endpoint,
    model,
    operation: plainText(20),
    /** The session's pseudonym, as in dashboards; null without a session. */
    session: plainText(MAX_SESSION_ID_CHARACTERS).nullable(),
    outcome: z.enum(REQUEST_OUTCOMES),
    /** In order; if there were more, the last ones. */
    attempts: z.array(requestAttemptSchema).max(MAX_ATTEMPTS),
    /** From the request to the first content of its answer; null if there was none. */
    ttftMs: duration.nullable(),
    /** From the request to the end of its answer. */
    durationMs: duration,
    tokensKnown: z.enum(TOKENS_KNOWN),
    usage: answerUsageSchema,
    /** Null if the model has no known price. */
    costUsd: usd.nullable(),
  })
  .meta({ id: 'RequestRecord' });
export type RequestRecord = ShapeOf<typeof requestRecordSchema>;
export type ApiRequestRecord = PlainOf<typeof requestRecordSchema>;

/** One write of one writer: `sequence` rises, so that a repeat is recognised. */
export const usageBatchSchema = z.object({
  /** A proxy's id, or the slot of a probe. */
  writer: z.string().min(1).max(200),
  sequence: count,
  /** Hourly rows. */
  rows: z.array(usageRowSchema),
  records: z.array(requestRecordSchema),
});
export type UsageBatch = ShapeOf<typeof usageBatchSchema>;

/** `GET /api/requests`, newest first. */
export const requestListSchema = z
  .object({ requests: z.array(requestRecordSchema) })
  .meta({ id: 'RequestList' });
export type RequestList = PlainOf<typeof requestListSchema>;

const figures = {
  requests: count,
  failed: count,
  input_tokens: count,
  output_tokens: count,
  cache_read_tokens: count,
  /** For five minutes and for an hour together. */
  cache_write_tokens: count,
  cache_write_1h_tokens: count,
  /** By the price list and `usd_factor`; excludes `unpriced` requests. */
  cost_usd: usd,
  unpriced: count,
  incomplete: count,
  possibly_billed_twice: count,
};
export const usageFiguresSchema = z.object(figures).meta({ id: 'UsageFigures' });
export type UsageFigures = PlainOf<typeof usageFiguresSchema>;

/** A dimension that was summed over is null. */
export const usageLineSchema = z
  .object({
    person: z.string().nullable(),
    endpoint: z.string().nullable(),
    model: z.string().nullable(),
    /** UTC, `2026-11-28`. */
    day: z.string().nullable(),
    /** When the hour begins, UTC, `2026-11-28T09:00Z`. */
    hour: z.string().nullable(),
    ...figures,
  })
  .meta({ id: 'UsageLine' });
export type UsageLine = PlainOf<typeof usageLineSchema>;

/** Header of `GET /api/usage.csv`: the value of `removed_before`; absent if that is null. */
export const REMOVED_BEFORE_HEADER = 'zephyr-removed-before';

/** `GET /api/usage`: flat, in snake_case, the same as the columns of the CSV. */
export const usageReportSchema = z
  .object({
    /** The period counted: `since` inclusive, `until` exclusive. */
    since: z.string(),
    until: z.string(),
    /**
     * Null if the period is complete. Otherwise usage before this moment was removed, to keep the ledger
     * within its memory limit, and is not in the sums.
     */
    removed_before: z.string().nullable(),
    rows: z.array(usageLineSchema),
    total: usageFiguresSchema,
  })
  .meta({ id: 'UsageReport' });
export type UsageReport = PlainOf<typeof usageReportSchema>;
