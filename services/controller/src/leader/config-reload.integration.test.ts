import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBE_QUEUE, QUEUE_PREFIX } from '@zephyr/runtime/queue/probe-jobs';
import { keys } from '@zephyr/runtime/redis/keys';
import { eventually } from '@zephyr/testkit/eventually';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControllerProcess } from '../test-support/controller-process.ts';

const { server, redis } = await redisOfFile();
let controller: ControllerProcess;

beforeEach(async () => {
  controller = await ControllerProcess.start({ redisUrl: server.url });
  await eventually(async () => expect((await controller.get('/api/state')).status).toBe(200));
});
afterEach(async () => {
  await controller.stop();
});

const snapshot = async () => JSON.parse((await redis.get(keys.snapshot)) ?? '{}');
const schedulers = () => redis.zrange(`${QUEUE_PREFIX}:${PROBE_QUEUE}:repeat`, '0', '-1');
const rewrite = (endpointNames: readonly string[], extraConfig = '') =>
  controller.writeConfig({ redisUrl: server.url, endpointNames, extraConfig });

const refusal = (sequence: number) => ({
  ...{ endpointId: 'one', slot: `one:${sequence}`, sequence, style: 'messages' },
  ...{ startedAtMs: Date.now(), wallMs: 5, costUsd: 0 },
  verdict: { status: 'failed', failure: 'token_refused', detail: '401' },
  score: { status: 'unknown', failureMs: 0 },
  usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
});

describe('a changed configuration', () => {
  it('adds a new endpoint, and its probes begin', async () => {
    const before = await snapshot();
    rewrite(['One', 'Two', 'Three']);
    await eventually(async () => {
      const after = await snapshot();
      expect(after.order).toEqual(['one', 'two', 'three']);
      expect(after.configHash).not.toBe(before.configHash);
      expect((await schedulers()).toSorted()).toEqual(['one', 'three', 'two']);
    });
    expect((await controller.state()).config.status).toBe('applied');
  });

  it('of a token drops what was known under the old one, probes immediately, and stores no secret', async () => {
    const fails = (sequence: number) =>
      redis.xadd(keys.probes, '*', 'json', JSON.stringify(refusal(sequence)));
    await fails(1);
    await fails(2);
    const refused = { token: { status: 'refused' }, available: false };
    await eventually(async () => {
      expect((await controller.state()).endpoints[0]).toMatchObject(refused);
    });
    const { recoveries } = (await snapshot()).endpoints.one;
    const secret = 'sk-corrected-token-of-the-test';
    writeFileSync(join(controller.folder, '.env'), `TEAM_TOKEN=${secret}\n`);
    await eventually(async () => {
      const [one] = (await controller.state()).endpoints;
      expect(one).toMatchObject({ token: { status: 'unknown' }, available: true });
      expect((await snapshot()).endpoints.one.recoveries).toBe(recoveries + 1);
      const waitingJobs = await redis.lrange(`${QUEUE_PREFIX}:${PROBE_QUEUE}:wait`, 0, -1);
      const jobs = await Promise.all(
        waitingJobs.map((id) => redis.hget(`${QUEUE_PREFIX}:${PROBE_QUEUE}:${id}`, 'data')),
      );
      const ordered = jobs.filter((job) => job?.includes('"request"')).join();
      for (const id of ['one', 'two']) expect(ordered).toContain(`"${id}"`);
    });
    const stored = [await redis.get(keys.world), await redis.get(keys.snapshot)].join();
    expect(stored).not.toContain(secret);
  });

  it('that removes the active endpoint switches away from it', async () => {
    await controller.command('pin', { endpointId: 'one' });
    await controller.command('unpin', {});
    rewrite(['Two', 'Three']);
    await eventually(async () => {
      const { selection, order, endpoints } = await snapshot();
      expect(selection).toMatchObject({ activeId: 'two', reason: 'active_removed' });
      expect(order).not.toContain('one');
      expect(Object.keys(endpoints)).toEqual(['two', 'three']);
      expect((await schedulers()).toSorted()).toEqual(['three', 'two']);
    });
  });

  it('that removes the pinned endpoint clears the pin and reports it', async () => {
    await controller.command('pin', { endpointId: 'two' });
    rewrite(['One', 'Three']);
    await eventually(async () => {
      expect((await snapshot()).mode).toEqual({ kind: 'auto' });
      const log = await redis.xrange(keys.log, '-', '+');
      expect(JSON.stringify(log)).toContain('pin_cleared');
    });
    expect(JSON.parse((await redis.get(keys.operator)) ?? '{}').mode).toEqual({ kind: 'auto' });
  });

  it('that is invalid is rejected and shown, and the former one stays in use', async () => {
    const before = await snapshot();
    rewrite(['One', 'One'], 'pasword_env = "X"');
    await eventually(async () => {
      const { config } = await controller.state();
      expect(config).toMatchObject({ status: 'rejected', hash: before.configHash });
      expect(JSON.stringify(config)).toContain('config.toml:5');
    });
    expect((await snapshot()).order).toEqual(['one', 'two']);
    expect(await controller.command('reload')).toMatchObject({
      status: 422,
      body: { code: 'config_invalid' },
    });
    expect(await (await controller.get('/metrics')).text()).toContain(
      'zephyr_controller_config_valid 0',
    );
    rewrite(['One', 'Two']);
    expect(await controller.command('reload')).toMatchObject({ status: 200 });
    expect((await controller.state()).config.status).toBe('applied');
  });

  it('applies a burst of changes only a few times', async () => {
    const applied = async (): Promise<number> => {
      const log = await redis.xrange(keys.log, '-', '+');
      return log.filter(([, [, json]]) => json?.includes('"kind":"config"')).length;
    };
    const before = await applied();
    const { version } = await snapshot();
    let changes = 0;
    while ((await applied()) < before + 2) {
      rewrite(['One', 'Two', `N${changes}`]);
      changes += 1;
    }
    await eventually(async () => expect((await snapshot()).order).toContain(`n${changes - 1}`));
    expect((await applied()) - before).toBeLessThan(changes / 2);
    expect((await snapshot()).version - version).toBeLessThan(changes);
  });
});
