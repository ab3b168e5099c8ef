/** What a prober found out about a new endpoint: the return value of its job, for the page that added it. */
import { z } from 'zod';

import { AUTH_STYLES } from '../auth-style.ts';
import { failureClass } from '../failure.ts';
import { MAX_MODEL_CHARACTERS } from '../model-name.ts';
import { count, type PlainOf } from '../scalars.ts';
import { MAX_DETAIL_CHARACTERS } from './probe.ts';

/** Names of a longer list are cut off. */
export const MAX_LISTED_MODELS = 5;

export const endpointFindingSchema = z
  .object({
    /** `claude_code`: only the Claude CLI gets an answer; `not_asked`: it cannot be reached. */
    serves: z.enum(['any_client', 'claude_code', 'nobody', 'not_asked']),
    /** Why a plain request was not served. */
    refusal: z
      .object({ failure: failureClass, detail: z.string().max(MAX_DETAIL_CHARACTERS) })
      .nullable(),
    /** How it accepts the token; null if it never did. */
    auth: z.enum(AUTH_STYLES).nullable(),
    /** How many it lists, and the first few; null without a list. */
    models: z
      .object({
        count,
        first: z.array(z.string().max(MAX_MODEL_CHARACTERS)).max(MAX_LISTED_MODELS),
      })
      .nullable(),
    canStream: z.boolean().nullable(),
    canCountTokens: z.boolean().nullable(),
  })
  .meta({ id: 'EndpointFinding' });
export type EndpointFinding = PlainOf<typeof endpointFindingSchema>;

/** Whether it can be put into service. */
export const isServing = ({ serves }: Pick<EndpointFinding, 'serves'>): boolean =>
  serves === 'any_client' || serves === 'claude_code';
