import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it, vi } from 'vitest';

import {
  openTestRedis,
  REDIS_IMAGE,
  REDIS_LABEL,
  removeEndedContainers,
  startTestRedis,
  TEST_REDIS_VARIABLE,
} from './redis.ts';
import { chooseTestRedis } from './redis-setup.ts';

afterEach(() => void vi.unstubAllEnvs());

const chosen = () => process.env[TEST_REDIS_VARIABLE];

describe('the choice of a Redis', () => {
  it('is a container if an engine can start one, a local server otherwise', async () => {
    vi.stubEnv(TEST_REDIS_VARIABLE, undefined);
    const said = await chooseTestRedis();
    expect(said).toMatch(
      chosen() === 'container'
        ? /^containers of redis:/
        : /^the local redis-server \(no container: .+\)$/,
    );
  });

  it('is a local server if no engine answers, and says why', async () => {
    vi.stubEnv(TEST_REDIS_VARIABLE, undefined);
    const noEngine = () => Promise.reject(new Error('no engine\nat all'));
    expect(await chooseTestRedis(noEngine)).toBe(
      'the local redis-server (no container: no engine)',
    );
    expect(chosen()).toBe('local');
    vi.stubEnv(TEST_REDIS_VARIABLE, 'container');
    await expect(chooseTestRedis(noEngine)).rejects.toThrow('no engine');
  });
});

describe('startTestRedis', () => {
  // The kind chosen for this run, and the one that is always available.
  it.each([...new Set([chosen() ?? 'local', 'local'])])(
    'gives a Redis that stores what it is sent, and that can be frozen: %s',
    async (kind) => {
      vi.stubEnv(TEST_REDIS_VARIABLE, kind);
      const server = await startTestRedis();
      const redis = openTestRedis(server);
      try {
        await redis.set('key', 'value');
        await server.freeze();
        const answer = redis.get('key');
        const state = await Promise.race([answer, wait(300, 'frozen')]);
        await server.thaw();
        expect(state).toBe('frozen');
        expect(await answer).toBe('value');
      } finally {
        redis.disconnect();
        await server.stop();
      }
    },
  );

  it.runIf(chosen() === 'container')(
    'keeps a container that a parallel run has created but not started',
    async () => {
      const { getContainerRuntimeClient } = await import('testcontainers');
      const { dockerode } = (await getContainerRuntimeClient()).container;
      const labels = { [REDIS_LABEL]: String(process.pid) };
      const made = await dockerode.createContainer({ Image: REDIS_IMAGE, Labels: labels });
      await removeEndedContainers();
      expect((await made.inspect()).State.Status).toBe('created');
      await made.remove();
    },
  );

  it('starts the deployed version', () => {
    const compose = readFileSync(join(import.meta.dirname, '../../../docker-compose.yml'), 'utf8');
    expect(compose).toContain(`image: ${REDIS_IMAGE}\n`);
  });
});

function wait(durationMs: number, value: string): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, durationMs, value));
}
