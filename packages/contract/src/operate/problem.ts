/** Error answers of the controller. */
import { z } from 'zod';

import type { PlainOf } from '../scalars.ts';

/** Why a request was refused, with its HTTP status. Stable; `@zephyr/texts` has a text for each. */
export const PROBLEMS = {
  invalid_body: 400,
  invalid_query: 400,
  unauthorized: 401,
  forbidden_origin: 403,
  not_found: 404,
  method_not_allowed: 405,
  unknown_endpoint: 404,
  unknown_person: 404,
  endpoint_disabled: 409,
  endpoint_unavailable: 409,
  last_endpoint: 409,
  edit_refused: 409,
  body_too_large: 413,
  wrong_content_type: 415,
  config_invalid: 422,
  internal: 500,
  not_leading: 503,
  store_away: 503,
  too_many_streams: 503,
  timeout: 504,
} as const;
export type ProblemCode = keyof typeof PROBLEMS;
export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];

/** RFC 9457, `application/problem+json`. */
export const problemSchema = z
  .object({
    /** `urn:zephyr:problem:<code>`. */
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(PROBLEM_CODES),
    /** What was wrong with this request. */
    detail: z.string(),
    /** What to do next, one line per step. */
    advice: z.array(z.string()),
  })
  .meta({ id: 'Problem' });
export type Problem = PlainOf<typeof problemSchema>;
