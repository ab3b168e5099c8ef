/**
 * Commands: written to Redis, applied by the current leader, and answered here once they are applied or
 * refused.
 */
import {
  type AuditRecord,
  COMMANDS,
  type CommandAnswer,
  type CommandName,
} from '@zephyr/contract/operate/operator-command';
import { type Clock, isWithin } from '@zephyr/runtime/clock';
import type { Logger } from '@zephyr/runtime/logger';
import { appendCommand } from '@zephyr/runtime/redis/command-stream';
import type { StreamEntry } from '@zephyr/runtime/redis/read-streams';
import type { RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import type { CurrentState } from '../view/current-state.ts';
import { ProblemError } from './problem-error.ts';
import { FOLLOWING_TIMEOUT_MS, type Tail } from './stream-follower.ts';

/** Longer than a leader change usually takes, shorter than the lifetime of a command. */
const COMMAND_TIMEOUT_MS = 5_500;

/** The detail may quote keys that the client sent, which can be long. */
export const MAX_DETAIL = 500;

export interface CommandDeps {
  readonly redis: Redis;
  readonly current: CurrentState;
  readonly tail: Tail;
  readonly log: Logger;
  readonly clock: Clock;
}

export function handleCommand(deps: CommandDeps, name: CommandName): RequestHandler {
  return async (req, res) => {
    const body = checkedBody(COMMANDS[name].body, req.body);
    if (deps.current.store().status === 'away') {
      throw new ProblemError('store_away', 'commands cannot be stored while Redis is away');
    }
    const actor: unknown = res.locals['actor'];
    const record = { actor: String(actor), name, body };
    deps.log.info({ actor, command: name, ...body }, 'command');
    res.json(await applied(deps, record));
  };
}

/** @throws ProblemError `invalid_body` */
export function checkedBody<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
): z.output<Schema> {
  const checked = schema.safeParse(body);
  if (checked.success) return checked.data;
  throw new ProblemError('invalid_body', z.prettifyError(checked.error).slice(0, MAX_DETAIL));
}

/** Resolves once the leader has answered the command. @throws ProblemError */
export async function applied(
  { redis, tail, clock }: Pick<CommandDeps, 'redis' | 'tail' | 'clock'>,
  record: Parameters<typeof appendCommand>[1],
): Promise<CommandAnswer> {
  const answers = new Map<string, AuditRecord>();
  let arrived = () => {};
  const listen = ({ value }: StreamEntry<AuditRecord>) => {
    answers.set(value.commandId, value);
    arrived();
  };
  // Listen before writing the command: the leader's answer may arrive before Redis replies.
  tail.events.on('audit', listen);
  const following = tail.follow();
  try {
    await isWithin(clock, FOLLOWING_TIMEOUT_MS, following.started);
    const id = await appendCommand(redis, record).catch(() => {
      throw new ProblemError('store_away', 'Redis did not accept the command');
    });
    const answer = new Promise<void>((resolve) => {
      arrived = () => answers.has(id) && resolve();
      arrived();
    });
    await isWithin(clock, COMMAND_TIMEOUT_MS, answer);
    return answerOf(answers.get(id));
  } finally {
    tail.events.off('audit', listen);
    following.end();
  }
}

function answerOf(audit: AuditRecord | undefined): CommandAnswer {
  if (audit === undefined) {
    throw new ProblemError('timeout', 'no controller has confirmed the command');
  }
  const { outcome } = audit;
  if (outcome.status === 'refused') throw new ProblemError(outcome.code, outcome.detail);
  return outcome.answer;
}
