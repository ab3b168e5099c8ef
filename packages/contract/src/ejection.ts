/** An endpoint that a proxy has ejected by its own traffic, or lets a few requests in again. */
import { z } from 'zod';

import { failureClass } from './failure.ts';
import { count, moment, type ShapeOf } from './scalars.ts';

export const ejectionReportSchema = z.object({
  status: z.enum(['ejected', 'half_open']),
  failure: failureClass,
  /** Time left when the report was written; 0 when half-open. */
  remainingMs: count,
});
export type EjectionReport = ShapeOf<typeof ejectionReportSchema>;

/** Time-boxed removal, by outcomes (`ejected`) or because the endpoint asked (`cooling_down`). */
export const removalSchema = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('none') }),
    z.object({
      status: z.literal('ejected'),
      failure: failureClass,
      untilAtMs: moment,
      /** How many times in a row: each one lasts longer. */
      repeats: count,
    }),
    z.object({ status: z.literal('cooling_down'), failure: failureClass, untilAtMs: moment }),
    /** The time is over; a few requests try whether it is good again. */
    z.object({ status: z.literal('half_open'), failure: failureClass }),
  ])
  .meta({ id: 'Removal' });
