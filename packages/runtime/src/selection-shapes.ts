/** How the selection and the mode are written down: in Redis and in the admin API alike. */
import { REASON_CODES } from '@zephyr/core';
import { z } from 'zod';

/** @param id branded where the core reads it, a plain string where people do; so is `moment`. */
export function selectionShapes<Id extends z.ZodType<string>, Moment extends z.ZodType<number>>(
  id: Id,
  moment: Moment,
) {
  const reason = z.enum(REASON_CODES);
  const since = { reason, sinceAtMs: moment };
  return {
    mode: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('auto') }),
      z.object({ kind: z.literal('manual'), endpointId: id }),
    ]),
    /** One for each state of `Selection` in core. */
    selections: [
      z.object({ status: z.literal('steady'), activeId: id, ...since }),
      z.object({
        status: z.literal('pending'),
        activeId: id,
        nextId: id,
        ...since,
        deadlineAtMs: moment,
      }),
      z.object({ status: z.literal('draining'), activeId: id, drainingId: id, ...since }),
    ],
  } as const;
}
