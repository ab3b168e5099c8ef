/** Which endpoint serves new requests, and why. */
import { z } from 'zod';

import { endpointIdSchema, moment, type ShapeOf } from '../scalars.ts';

/** `manual`: a person pinned the endpoint. */
export const modeKind = z.enum(['auto', 'manual']);
export type ModeKind = z.infer<typeof modeKind>;

export const modeSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('auto') }),
    z.object({ kind: z.literal('manual'), endpointId: endpointIdSchema }),
  ])
  .meta({ id: 'Mode' });
export type Mode = ShapeOf<typeof modeSchema>;

/**
 * Why the endpoint is selected. `nothing_available`: no endpoint can serve, the last active one
 * stays selected; `recovered`: it was the first to recover.
 */
export const REASON_CODES = [
  'initial',
  'faster',
  /** It has a better priority or price, and is fast enough. */
  'preferred',
  'active_failed',
  'active_ejected',
  'active_disabled',
  'active_removed',
  'active_token_refused',
  'operator_pinned',
  'pinned_failed',
  'pinned_recovered',
  'nothing_available',
  'recovered',
] as const;
export const reasonCode = z.enum(REASON_CODES);
export type ReasonCode = z.infer<typeof reasonCode>;

const common = { activeId: endpointIdSchema, reason: reasonCode, sinceAtMs: moment };

const states = [
  z.object({ status: z.literal('steady'), ...common }),
  z.object({
    status: z.literal('pending'),
    ...common,
    nextId: endpointIdSchema,
    /** The switch takes effect at this moment at the latest. */
    deadlineAtMs: moment,
  }),
  z.object({
    status: z.literal('draining'),
    ...common,
    /** Gets no new requests; its active ones finish there. */
    drainingId: endpointIdSchema,
  }),
] as const;

/**
 * The state machine:
 *
 *     steady --(faster | preferred, active has requests)--> pending
 *     pending --(active idle | graceful_switch_timeout_ms passed)--> draining
 *     pending --(gain gone)--> steady
 *     steady | pending --(failure, operator)--> draining
 *     draining --(old endpoint has no active requests)--> steady
 */
export const selectionSchema = z.discriminatedUnion('status', states);
export type Selection = ShapeOf<typeof selectionSchema>;

/** As shown to people: `none` until a controller's first decision. */
export const shownSelectionSchema = z
  .discriminatedUnion('status', [z.object({ status: z.literal('none') }), ...states])
  .meta({ id: 'Selection' });
