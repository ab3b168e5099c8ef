/** The stream of operator commands: any controller appends one, the leader applies it. */
import type { CommandRecord } from '@zephyr/contract/operate/operator-command';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { keys } from './keys.ts';

/** A leader that reads the command later than this refuses it: its caller has timed out. */
export const COMMAND_LIFE_MS = 6_000;
const MAX_COMMANDS = 1_000;

/** Returns the command's id. */
export async function appendCommand(redis: Redis, command: CommandRecord): Promise<string> {
  const id = await redis.xadd(
    keys.commands,
    'MAXLEN',
    '~',
    MAX_COMMANDS,
    '*',
    'json',
    JSON.stringify(command),
  );
  return z.string().parse(id);
}
