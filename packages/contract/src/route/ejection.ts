/**
 * Whether an endpoint may get traffic, judged by live requests. One vocabulary everywhere:
 *
 * - `admitted`: it may.
 * - `half_open`: a few trial requests test whether it has recovered.
 * - `ejected`: left out for a while, because requests failed or because it asked to be.
 */
import { z } from 'zod';

import { failureClass } from '../failure.ts';
import { count, moment, type PlainOf, type ShapeOf } from '../scalars.ts';

const admitted = z.object({ status: z.literal('admitted') });
const halfOpen = z.object({ status: z.literal('half_open'), failure: failureClass });
const ejected = z.object({
  status: z.literal('ejected'),
  failure: failureClass,
  untilAtMs: moment,
});

export const ejectionStateSchema = z
  .discriminatedUnion('status', [admitted, halfOpen, ejected])
  .meta({ id: 'EjectionState' });
export type EjectionState = ShapeOf<typeof ejectionStateSchema>;
export type ShownEjectionState = PlainOf<typeof ejectionStateSchema>;

/** Sent between machines, whose clocks differ, hence a remaining time. Admitted endpoints are not listed. */
export const ejectionReportSchema = z.object({
  status: z.enum(['half_open', 'ejected']),
  failure: failureClass,
  /** As of when the report was written; 0 when half-open. */
  remainingMs: count,
});
export type EjectionReport = ShapeOf<typeof ejectionReportSchema>;

/** In `GET /status`, whose reader's clock may differ from the proxy's, hence a remaining time. */
export const programEjectionSchema = z.discriminatedUnion('status', [
  admitted,
  halfOpen,
  ejected.omit({ untilAtMs: true }).extend({
    /** Until requests are admitted again, a few at first. */
    retry_in_ms: count,
  }),
]);
export type ProgramEjection = PlainOf<typeof programEjectionSchema>;
