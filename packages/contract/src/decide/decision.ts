/** One decision of the core, with its inputs. */
import { z } from 'zod';

import { failureClass } from '../failure.ts';
import { reasonCode } from '../route/selection.ts';
import { count, duration, endpointIdSchema, moment, type ShapeOf } from '../scalars.ts';
import { scoreSchema } from './score.ts';

/**
 * Why an endpoint is not available. `ejected` and `cooling_down` (overload, rate limit) come from
 * proxies, `unhealthy` from probes, `disabled` from operators.
 */
export const UNAVAILABLE_CODES = [
  'disabled',
  'unhealthy',
  'ejected',
  'cooling_down',
  'token_refused',
] as const;
export const unavailableCode = z.enum(UNAVAILABLE_CODES);
export type UnavailableCode = z.infer<typeof unavailableCode>;

/** An endpoint at the time of a decision. */
export const consideredSchema = z.object({
  id: endpointIdSchema,
  /** Why it is not available; empty if it is. */
  unavailable: z.array(unavailableCode),
  score: scoreSchema,
  activeRequests: count,
});
export type Considered = ShapeOf<typeof consideredSchema>;

/**
 * What moving the active sessions too would cost and gain.
 * `stay`: only new sessions go to the new endpoint; `move`: all sessions do.
 */
export const tradeSchema = z.object({
  verdict: z.enum(['move', 'stay']),
  sessions: count,
  cachedTokens: z.number().nonnegative(),
  rebuildUsd: z.number(),
  rebuildMs: z.number(),
  /** Time gained by all sessions over their expected remaining requests. */
  gainMs: z.number(),
  /** `gainMs` minus `rebuildMs`, at the price of a person's time. */
  gainUsd: z.number(),
});
export type Trade = ShapeOf<typeof tradeSchema>;

/** What a latency switch was expected to gain. */
const gainSchema = z.object({
  gainMs: z.number(),
  /** The minimum gain: the threshold, or the uncertainty if larger. */
  neededMs: z.number(),
  standardErrorMs: duration,
  /** Consecutive evaluations with new evidence. */
  confirmations: count,
});
export type Gain = ShapeOf<typeof gainSchema>;

/**
 * - `planned`: waits for active requests; `switched`: takes effect now.
 * - `settled`: the old endpoint has no active requests left.
 * - `withdrawn`: the gain was gone before it took effect.
 */
const DECISION_PHASES = ['planned', 'switched', 'settled', 'withdrawn'] as const;

export const decisionSchema = z
  .object({
    /** Rises by one with each decision. */
    number: count,
    atMs: moment,
    phase: z.enum(DECISION_PHASES),
    reason: reasonCode,
    fromId: endpointIdSchema,
    toId: endpointIdSchema,
    /** The kind of event that triggered it. */
    trigger: z.string(),
    /** The failure behind a failure switch. */
    failure: failureClass.optional(),
    /** Only for a latency switch. */
    gain: gainSchema.optional(),
    trade: tradeSchema.optional(),
    considered: z.array(consideredSchema),
  })
  .meta({ id: 'Decision' });
export type Decision = ShapeOf<typeof decisionSchema>;
