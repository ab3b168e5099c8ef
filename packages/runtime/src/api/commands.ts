/** What can be asked of the controller, and how it answers. */
import { z } from 'zod';

import { count, id, modeSchema, moment } from './words.ts';

export const loginSchema = z.strictObject({ token: z.string().min(1).max(500) });

/** Bodies of the commands, by name. */
export const commandSchemas = {
  /** Check one endpoint now, or all. */
  check: z.strictObject({ endpointId: id.optional() }),
  pause: z.strictObject({}),
  resume: z.strictObject({}),
  /** `manual` pins the active endpoint; `select` pins a chosen one. */
  mode: z.strictObject({ kind: z.enum(['auto', 'manual']) }),
  /** Pin an endpoint. One that is not available needs `force`. */
  select: z.strictObject({ endpointId: id, force: z.boolean().optional() }),
  enable: z.strictObject({ endpointId: id }),
  /** The last enabled endpoint needs `force`. */
  disable: z.strictObject({ endpointId: id, force: z.boolean().optional() }),
  /** Let sessions go to the active endpoint with their next request; all, or those of one. */
  'move-sessions': z.strictObject({ fromId: id.optional() }),
  /** Read config.toml again. */
  reload: z.strictObject({}),
} as const;
export type CommandName = keyof typeof commandSchemas;
export type CommandBody<Name extends CommandName> = z.infer<(typeof commandSchemas)[Name]>;

export const COMMAND_NAMES = Object.keys(commandSchemas) as CommandName[];

/** Sent when the command is applied, never before. */
export const commandAnswerSchema = z
  .object({
    command: z.string(),
    /** `unchanged`: it was so already. */
    outcome: z.enum(['applied', 'unchanged']),
    atMs: moment,
    /** The mode before, so that `select` and `mode` can be undone. */
    previousMode: modeSchema,
    /** How many sessions were moved, endpoints are being checked, …; 0 where nothing is counted. */
    affected: count,
  })
  .meta({ id: 'CommandAnswer' });
export type CommandAnswer = z.infer<typeof commandAnswerSchema>;
