/** The query parameters of the admin API, by route. All are optional. */
import { z } from 'zod';

import { LISTED_REQUESTS, MAX_LISTED_REQUESTS } from '../history/history-size.ts';
import { DEFAULT_TREND_RANGE, TREND_RANGES } from '../history/trend-range.ts';
import { MAX_REQUEST_ID_CHARACTERS } from '../id-length.ts';
import { MAX_PERSON_CHARACTERS } from '../names.ts';
import type { ShapeOf } from '../scalars.ts';
import { DEFAULT_DIMENSIONS, USAGE_DIMENSIONS } from '../usage/usage.ts';

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const TIME =
  'days and hours up to now, today included (7d, 24h), a day (2026-11-01) or a moment, UTC';
export const DEFAULT_USAGE_BY = DEFAULT_DIMENSIONS.join(',');
export const DEFAULT_USAGE_SINCE = '7d';

const usage = z.strictObject({
  by: z
    .string()
    .optional()
    .meta({
      description: `The dimensions of a row, separated by commas: ${USAGE_DIMENSIONS.join(', ')}. Default: ${DEFAULT_USAGE_BY}`,
    }),
  since: z
    .string()
    .optional()
    .meta({ description: `The first that counts: ${TIME}. Default: ${DEFAULT_USAGE_SINCE}` }),
  until: z
    .string()
    .optional()
    .meta({ description: `The first that does not: ${TIME}. Default: now` }),
});

const requests = z.strictObject({
  person: z
    .string()
    .max(MAX_PERSON_CHARACTERS)
    .optional()
    .meta({ description: 'Of this person only' }),
  failed: flag.optional().meta({ description: 'Only those that failed' }),
  id: z
    .string()
    .max(MAX_REQUEST_ID_CHARACTERS)
    .optional()
    .meta({ description: 'The id of one request: ours, or that of the endpoint' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_LISTED_REQUESTS)
    .optional()
    .meta({
      description: `How many at most, up to ${MAX_LISTED_REQUESTS}. Default: ${LISTED_REQUESTS}`,
    }),
});

const trends = z.strictObject({
  range: z
    .enum(TREND_RANGES)
    .optional()
    .meta({
      description: `The present hour or day included; hours up to 7 days, then days. Default: ${DEFAULT_TREND_RANGE}`,
    }),
});

const events = z.strictObject({
  requests: flag.optional().meta({ description: 'Send finished requests as well' }),
});

export const QUERIES = { usage, 'usage-csv': usage, requests, trends, events } as const;
export type ApiQueries = {
  readonly [Name in keyof typeof QUERIES]: ShapeOf<(typeof QUERIES)[Name]>;
};
export type UsageParams = ApiQueries['usage'];
export type RequestParams = ApiQueries['requests'];
