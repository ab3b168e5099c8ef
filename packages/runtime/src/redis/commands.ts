/**
 * What people ask of the controller. The admin API of any controller appends a command; the leader
 * applies it and commits the answer together with what it changed, as an entry of `keys.audit`.
 */
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { COMMAND_NAMES, commandAnswerSchema, commandSchemas, PROBLEM_CODES } from '../api.ts';
import { keys } from './keys.ts';

const commandShape = {
  /** `loopback`, or the name of the token that was used. */
  actor: z.string().max(100),
  name: z.enum(COMMAND_NAMES),
  body: z.record(z.string(), z.unknown()),
};

/** Who asked, what, and how. */
export const commandRecordSchema = z
  .object(commandShape)
  .refine(({ name, body }) => commandSchemas[name].safeParse(body).success, {
    message: 'the body is not what the command takes',
    path: ['body'],
  });
export type CommandRecord = z.infer<typeof commandRecordSchema>;

/** One line for each command, kept for good reason: who did what, and what came of it. */
export const auditRecordSchema = z.object({
  /** The command's id in `keys.commands`; its first part is the moment it was given. */
  commandId: z.string(),
  ...commandShape,
  outcome: z.discriminatedUnion('status', [
    z.object({ status: z.literal('answered'), answer: commandAnswerSchema }),
    z.object({
      status: z.literal('refused'),
      code: z.enum(PROBLEM_CODES),
      detail: z.string(),
    }),
  ]),
});
export type AuditRecord = z.infer<typeof auditRecordSchema>;

/** A leader that comes later than this refuses the command: whoever gave it was told so. */
export const COMMAND_LIFE_MS = 6_000;
const KEPT_COMMANDS = 1_000;

/** Returns the command's id. */
export async function appendCommand(redis: Redis, command: CommandRecord): Promise<string> {
  const id = await redis.xadd(
    keys.commands,
    'MAXLEN',
    '~',
    KEPT_COMMANDS,
    '*',
    'json',
    JSON.stringify(command),
  );
  return z.string().parse(id);
}
