/** The words that the schemas of the admin API are made of. */
import { FAILURE_CLASSES, REASON_CODES } from '@zephyr/core';
import { z } from 'zod';

import { selectionShapes } from '../selection-shapes.ts';

export const id = z.string().regex(/^[a-z0-9-]+$/);
export const moment = z.number();
export const duration = z.number().nonnegative();
export const count = z.number().int().nonnegative();
export const ratio = z.number().min(0).max(1);
export const failure = z.enum(FAILURE_CLASSES);
export const reason = z.enum(REASON_CODES);

const shapes = selectionShapes(id, moment);

export const modeSchema = shapes.mode.meta({ id: 'Mode' });

/** See `Selection` in core for the machine. */
export const selectionSchema = z
  .discriminatedUnion('status', [
    /** Nothing has been chosen yet: no controller has decided since Redis was empty. */
    z.object({ status: z.literal('none') }),
    ...shapes.selections,
  ])
  .meta({ id: 'Selection' });
