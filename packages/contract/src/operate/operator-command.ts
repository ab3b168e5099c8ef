/**
 * Operator commands. The admin API of any controller appends a command to a stream; the leader applies it
 * and commits the answer together with the changes.
 */
import { z } from 'zod';
import { personName } from '../names.ts';
import { modeSchema } from '../route/selection.ts';
import { count, endpointIdSchema, moment, type PlainOf, type ShapeOf } from '../scalars.ts';
import { grantSchema } from '../usage/people-limits.ts';
import { EDIT_NAMES, type EditName, editSubjectSchema, isEditName } from './config-edit.ts';
import { MAX_GRANT_USD } from './grant-limit.ts';
import { PROBLEM_CODES, type ProblemCode } from './problem.ts';

interface CommandKind {
  /** For the OpenAPI document. */
  readonly summary: string;
  readonly body: z.ZodType;
  /** Why the leader may refuse it. */
  readonly refusals: readonly ProblemCode[];
}

/** By name. */
export const COMMANDS = {
  probe: {
    summary: 'Probe one endpoint now, or all',
    body: z.strictObject({ endpointId: endpointIdSchema.optional() }),
    refusals: ['unknown_endpoint', 'endpoint_disabled'],
  },
  pause: {
    summary: 'Stop probes and latency switches; failures still switch',
    body: z.strictObject({}),
    refusals: [],
  },
  resume: { summary: 'End the pause', body: z.strictObject({}), refusals: [] },
  pin: {
    summary:
      'Pin an endpoint, or the active one, and move all sessions to it; one that is not available needs force',
    body: z.strictObject({
      endpointId: endpointIdSchema.optional(),
      force: z.boolean().optional(),
    }),
    refusals: ['unknown_endpoint', 'endpoint_disabled', 'endpoint_unavailable'],
  },
  unpin: { summary: 'Choose the endpoint automatically', body: z.strictObject({}), refusals: [] },
  enable: {
    summary: 'Enable an endpoint',
    body: z.strictObject({ endpointId: endpointIdSchema }),
    refusals: ['unknown_endpoint'],
  },
  disable: {
    summary: 'Disable an endpoint; the last enabled one needs force',
    body: z.strictObject({ endpointId: endpointIdSchema, force: z.boolean().optional() }),
    refusals: ['unknown_endpoint', 'last_endpoint'],
  },
  'move-sessions': {
    summary:
      'Move active sessions to the active endpoint with their next request: all, or those of one',
    body: z.strictObject({ fromId: endpointIdSchema.optional() }),
    refusals: ['unknown_endpoint'],
  },
  grant: {
    summary: 'Add to the budgets of a person or a team for the rest of the day (UTC)',
    body: z.strictObject({ name: personName, usd: z.number().positive().max(MAX_GRANT_USD) }),
    refusals: ['unknown_person'],
  },
  reload: {
    summary: 'Read the configuration again',
    body: z.strictObject({}),
    refusals: ['config_invalid'],
  },
} as const satisfies Record<string, CommandKind>;

export type CommandName = keyof typeof COMMANDS;
export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
/** As sent over HTTP. */
export type CommandBody<Name extends CommandName> = PlainOf<(typeof COMMANDS)[Name]['body']>;

/** An empty object's type has an index signature, which would forbid every other key. */
type Keys<Body> = {
  readonly [Key in keyof Body as string extends Key ? never : Key]: Body[Key];
};
type Command = {
  readonly [Name in CommandName]: { readonly kind: Name } & Keys<
    ShapeOf<(typeof COMMANDS)[Name]['body']>
  >;
}[CommandName];
/** Commands that the core decides on; the controller itself handles `reload`. */
export type OperatorCommand = Exclude<Command, { readonly kind: 'reload' }>;
/** Why the core refuses a command. */
export type CommandRefusal = (typeof COMMANDS)[OperatorCommand['kind']]['refusals'][number];

const commandFields = {
  /** How the caller was admitted, not a person's name: `loopback`, `token` or `browser`. */
  actor: z.string().max(100),
  /** An edit is recorded once it is made; the leader then reloads the configuration. */
  name: z.enum([...COMMAND_NAMES, ...EDIT_NAMES]),
  body: z.record(z.string(), z.unknown()),
};

/** The body of a command, or the subject of an edit. */
export function recordedBody(name: CommandName | EditName): z.ZodType {
  return isEditName(name) ? editSubjectSchema : COMMANDS[name].body;
}

/** The caller, and the command. */
export const commandRecordSchema = z
  .object(commandFields)
  .refine(({ name, body }) => recordedBody(name).safeParse(body).success, {
    message: 'the body does not match the command',
    path: ['body'],
  });
export type CommandRecord = ShapeOf<typeof commandRecordSchema>;

/** Sent when the command is applied, never before. */
export const commandAnswerSchema = z
  .object({
    command: z.string(),
    /** `unchanged`: there was nothing to change. */
    outcome: z.enum(['applied', 'unchanged']),
    atMs: moment,
    /** The mode before, so that `pin` and `unpin` can be undone. */
    previousMode: modeSchema,
    /** Sessions moved or endpoints probed; 0 for other commands. */
    affected: count,
  })
  .meta({ id: 'CommandAnswer' });
export type CommandAnswer = PlainOf<typeof commandAnswerSchema>;

/** The audit log's entry for one command: who did what, and the result. */
export const auditRecordSchema = z.object({
  /** The command's id in its stream; its first part is the time at which it was appended. */
  commandId: z.string(),
  ...commandFields,
  outcome: z.discriminatedUnion('status', [
    z.object({ status: z.literal('answered'), answer: commandAnswerSchema }),
    z.object({ status: z.literal('refused'), code: z.enum(PROBLEM_CODES), detail: z.string() }),
  ]),
});
export type AuditRecord = PlainOf<typeof auditRecordSchema>;

const wishesFields = z.object({
  mode: modeSchema,
  /** `paused`: no probes and no latency switches until resumed; failures still switch. */
  automation: z.enum(['running', 'paused']),
  /** Endpoints that operators have disabled. */
  disabled: z.array(endpointIdSchema),
  /** One per person or team, for the day of the last grant. */
  grants: z.array(grantSchema).default([]),
});

/** What operators have set. Survives restarts; committed together with the command's answer. */
export const wishesSchema = z.preprocess(withNamedPause, wishesFields);
export type OperatorWishes = ShapeOf<typeof wishesFields>;

/** Earlier controllers stored a pause as `paused: true`; it must not end with an upgrade. */
function withNamedPause(record: unknown): unknown {
  if (typeof record !== 'object' || record === null || !('paused' in record)) return record;
  return { automation: record.paused === true ? 'paused' : 'running', ...record };
}
