import { messageOf } from '@zephyr/runtime/errors';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis, type RedisTarget } from '@zephyr/runtime/redis/client';
import { findRedisServer } from '@zephyr/runtime/redis/private-server';
import type { Translate } from '@zephyr/texts';

import { withTimeout } from '../../../network/with-timeout.ts';
import { type Finding, ok } from './finding.ts';

/** Lowest version with the commands that the queue needs. */
const MIN_VERSION = 6.2;

/** @param target absent: `zephyr start` starts a private one. */
export async function examineRedis(
  target: RedisTarget | undefined,
  say: Translate,
): Promise<readonly Finding[]> {
  if (target === undefined) return [examineProgram(say)];
  const redis = createRedis(target, createLogger('doctor', 'silent'), 'blocking');
  // The client retries forever; the reason is in its events.
  let fault: NodeJS.ErrnoException | undefined;
  redis.on('error', (error: Error) => {
    fault = error;
  });
  try {
    const [info, policy] = await withTimeout(
      Promise.all([
        redis.info('server'),
        redis.config('GET', 'maxmemory-policy').catch(() => undefined),
      ]),
    );
    return [examineVersion(info, say), ...examinePolicy(policy, say)];
  } catch (error) {
    const { url } = target;
    const kind = kindOf(fault ?? error);
    const text = say(`doctor.redis.${kind}`, { url, detail: messageOf(fault ?? error) });
    return [{ area: 'redis', status: 'fail', text, advice: say(`doctor.redis.${kind}.advice`) }];
  } finally {
    redis.disconnect();
  }
}

/** Nothing listens; an error reply, as for a wrong password; or no reply. */
function kindOf(error: unknown): 'connection_refused' | 'error' | 'away' {
  if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return 'connection_refused';
  return error instanceof Error && error.name === 'ReplyError' ? 'error' : 'away';
}

function examineProgram(say: Translate): Finding {
  const program = findRedisServer();
  if (program !== undefined) return ok('redis', say('doctor.redis.private', { program }));
  const advice = say('doctor.redis.none.advice');
  return { area: 'redis', status: 'fail', text: say('doctor.redis.none'), advice };
}

function examineVersion(info: string, say: Translate): Finding {
  const valkey = /valkey_version:(\S+)/.exec(info)?.[1];
  const version = valkey ?? /redis_version:(\S+)/.exec(info)?.[1] ?? '?';
  const server = valkey === undefined ? 'Redis' : 'Valkey';
  const text = say('doctor.redis', { server, version });
  if (Number.parseFloat(version) >= MIN_VERSION) return ok('redis', text);
  const advice = say('doctor.redis.advice', { least: MIN_VERSION });
  return { area: 'redis', status: 'fail', text, advice };
}

/** A managed Redis may not allow CONFIG GET. */
function examinePolicy(answer: unknown, say: Translate): readonly Finding[] {
  const policy = Array.isArray(answer) ? String(answer[1]) : undefined;
  if (policy === undefined) return [];
  if (policy === 'noeviction') return [ok('redis', say('doctor.redis.policy', { policy }))];
  const text = say('doctor.redis.evicts', { policy });
  return [{ area: 'redis', status: 'fail', text, advice: say('doctor.redis.evicts.advice') }];
}
