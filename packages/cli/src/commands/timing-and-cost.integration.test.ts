/** `zephyr test-timing` and `zephyr cost` without a running system. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endpointId, epochMs } from '@zephyr/core';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { recordProbeUsage } from '@zephyr/runtime/redis/probe-usage';
import { startTestRedis } from '@zephyr/testkit/redis';
import { describe, expect, it, onTestFinished } from 'vitest';

import { cost } from './cost.ts';
import { testTiming } from './test-timing.ts';

const environment = { TOKEN_A: 'sk-canary-0123456789abcdef' };

function configured() {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-cli-'));
  // Port 9 (discard) has no controller.
  writeFileSync(
    join(folder, 'config.toml'),
    `[controller]\nport = 9\n[[groups]]\nname = "main"\nauth_token_env = "TOKEN_A"
    endpoints = [{ url = "http://127.0.0.1:1", name = "One" }, { url = "http://127.0.0.1:2", name = "Two" }]`,
  );
  return { config: join(folder, 'config.toml'), envFile: join(folder, '.env') };
}

describe('zephyr test-timing', () => {
  it('measures a private schedule where nothing runs', async () => {
    const { text, exitCode } = await testTiming({
      options: { ...configured(), seconds: 4, json: true },
      environment,
      progress: () => undefined,
      signal: new AbortController().signal,
    });
    const report = JSON.parse(text) as { ok: boolean; what: string; timings: { probes: number }[] };
    expect(report).toMatchObject({ ok: true, what: 'private schedule' });
    expect(report.timings.map(({ probes }) => probes >= 3)).toEqual([true, true]);
    expect(exitCode).toBe(0);
  });
});

describe('zephyr cost', () => {
  it('adds up the days from the Redis that is configured', async () => {
    const server = await startTestRedis();
    onTestFinished(() => server.stop());
    const redis = createRedis({ url: server.url }, createLogger('test', 'silent'), 'blocking');
    onTestFinished(() => redis.disconnect());
    const usage = { inputTokens: 100, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 };
    for (const [sequence, ageDays] of [0, 0, 1].entries()) {
      const result = {
        ...{
          endpointId: endpointId('one'),
          slot: `one:${sequence}`,
          sequence: sequence + 1,
          usage,
        },
        ...{ style: 'cli' as const, wallMs: 900, costUsd: 0.0125 },
        startedAtMs: epochMs(Date.now() - ageDays * 86_400_000),
        verdict: { status: 'ok', apiLatencyMs: 400 },
      } as const;
      await recordProbeUsage(redis, result, 'claude-haiku-4-5');
    }
    const variables = { ...environment, ZEPHYR_REDIS_URL: server.url };
    const options = { ...configured(), days: 3 };
    const days = JSON.parse(await cost({ ...options, json: true }, variables)) as {
      endpoints: Record<string, { costUsd: number; probes: number }>;
    }[];
    expect(days.map(({ endpoints }) => endpoints['one']?.probes ?? 0)).toEqual([2, 1, 0]);
    expect(days[0]?.endpoints['one']?.costUsd).toBeCloseTo(0.025);
    expect(await cost({ ...options, language: 'en' }, variables)).toContain('200 / 10');
  });

  it('says where the days are when no Redis is configured', async () => {
    await expect(cost({ ...configured(), days: 3 }, environment)).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});
