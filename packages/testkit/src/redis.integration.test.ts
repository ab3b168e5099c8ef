import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { REDIS_IMAGE, startTestRedis } from './redis.ts';

describe('startTestRedis', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it.each(['auto', 'local'])('gives a Redis that keeps what it is told: %s', async (wish) => {
    vi.stubEnv('ZEPHYR_TEST_REDIS', wish);
    const lines: string[] = [];
    const server = await startTestRedis((line) => lines.push(line));
    const { protocol, pathname } = new URL(server.url);
    const redis = protocol === 'unix:' ? new Redis(pathname) : new Redis(server.url);
    try {
      await redis.set('key', 'value');
      expect(await redis.get('key')).toBe('value');
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^redis of these tests: (a container|redis-server)/);
    } finally {
      redis.disconnect();
      await server.stop();
    }
  });

  it('tries the version that is deployed', () => {
    const compose = readFileSync(join(import.meta.dirname, '../../../docker-compose.yml'), 'utf8');
    expect(compose).toContain(`image: ${REDIS_IMAGE}\n`);
  });
});
