import { messageOf } from '@zephyr/runtime/errors';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis, type RedisTarget } from '@zephyr/runtime/redis/client';
import { findRedisServer } from '@zephyr/runtime/redis/server';

import { type Finding, ok } from './finding.ts';

/** Older ones lack commands that the queue needs. */
const LEAST_VERSION = 6.2;
const ANSWER_LIMIT_MS = 3_000;
const INSTALL = 'Debian, Ubuntu: sudo apt-get install redis-server; macOS: brew install valkey';

/** @param target absent: `zephyr start` brings a private one. */
export async function examineRedis(target: RedisTarget | undefined): Promise<readonly Finding[]> {
  if (target === undefined) {
    const program = findRedisServer();
    if (program !== undefined) return [ok('redis', `${program}, started privately with Zephyr`)];
    const text = 'neither redis-server nor valkey-server is installed';
    return [{ area: 'redis', status: 'fail', text, advice: INSTALL }];
  }
  const redis = createRedis(target, createLogger('doctor', 'silent'), 'blocking');
  try {
    const [info, policy] = await withLimit(
      Promise.all([
        redis.info('server'),
        redis.config('GET', 'maxmemory-policy').catch(() => undefined),
      ]),
    );
    return [examineVersion(info), ...examinePolicy(policy)];
  } catch (error) {
    return [
      {
        area: 'redis',
        status: 'fail',
        text: `no answer from ${target.url}: ${messageOf(error)}`,
        advice:
          'Is it running, are address and password right? ZEPHYR_REDIS_URL goes before config.toml.',
      },
    ];
  } finally {
    redis.disconnect();
  }
}

function examineVersion(info: string): Finding {
  const valkey = /valkey_version:(\S+)/.exec(info)?.[1];
  const version = valkey ?? /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown';
  const text = `${valkey === undefined ? 'Redis' : 'Valkey'} ${version}`;
  if (Number.parseFloat(version) >= LEAST_VERSION) return ok('redis', text);
  const advice = `Zephyr needs ${LEAST_VERSION} or later.`;
  return { area: 'redis', status: 'fail', text, advice };
}

/** A managed Redis may refuse to tell. */
function examinePolicy(answer: unknown): readonly Finding[] {
  const policy = Array.isArray(answer) ? String(answer[1]) : undefined;
  if (policy === undefined) return [];
  if (policy === 'noeviction') return [ok('redis', 'maxmemory-policy noeviction')];
  return [
    {
      area: 'redis',
      status: 'fail',
      text: `maxmemory-policy ${policy}: a full Redis would throw jobs and decisions away`,
      advice: 'Set maxmemory-policy noeviction in its configuration.',
    },
  ];
}

async function withLimit<Value>(work: Promise<Value>): Promise<Value> {
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no answer in time')), ANSWER_LIMIT_MS);
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    // It may still fail after the limit; that is known by then.
    work.catch(() => undefined);
  }
}
