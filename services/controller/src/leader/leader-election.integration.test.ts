import { systemClock, systemRandom } from '@zephyr/runtime/clock';
import { createLogger } from '@zephyr/runtime/logger';
import { keys } from '@zephyr/runtime/redis/keys';
import { clockJump, JUMPED } from '@zephyr/testkit/clock-jump';
import { eventually } from '@zephyr/testkit/eventually';
import { redisOfFile } from '@zephyr/testkit/use-redis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ControllerProcess } from '../test-support/controller-process.ts';
import { watchSnapshots } from '../test-support/watch-snapshots.ts';
import { startLeadership } from './leader-election.ts';
import { RedisClock } from './redis-clock.ts';

const { server, redis } = await redisOfFile();
let controllers: ControllerProcess[];

beforeEach(async () => {
  controllers = [];
});
afterEach(async () => {
  await Promise.all(controllers.map((controller) => controller.stop()));
});

async function start(preload?: string): Promise<ControllerProcess> {
  const controller = await ControllerProcess.start({
    redisUrl: server.url,
    execArgv: preload === undefined ? [] : ['--import', preload],
  });
  controllers.push(controller);
  return controller;
}

/** @param preload A module that the leader loads first. */
async function startLeaderAndStandby(preload?: string) {
  const leader = await start(preload);
  await eventually(async () => expect((await leader.state()).leadership.status).toBe('leading'));
  const standby = await start();
  await eventually(async () => expect((await standby.state()).leadership.status).toBe('standby'));
  return { leader, standby };
}

const leads = (controller: ControllerProcess) =>
  eventually(async () => {
    expect((await controller.state()).leadership.status).toBe('leading');
  });

describe('a leader', () => {
  it.each([
    ['that is stopped logs no failure, whatever its work reports', 'asked', 0],
    ['whose work fails on its own logs it', 'by itself', 1],
  ] as const)('%s', async (_, how, warnings) => {
    const log = createLogger('test', 'silent');
    const warn = vi.spyOn(log, 'warn');
    const began = Promise.withResolvers<void>();
    const leadership = startLeadership({
      ...{ redis, instanceId: 'one', clock: new RedisClock(systemClock), systemClock, log },
      rng: systemRandom,
      lead: async ({ signal }) => {
        began.resolve();
        if (how === 'asked') await new Promise((ended) => signal.addEventListener('abort', ended));
        throw new Error('not leading any more');
      },
      standBy: async () => undefined,
      onState: () => undefined,
    });
    await began.promise;
    if (how === 'by itself') await eventually(() => expect(warn).toHaveBeenCalled());
    await leadership.stop();
    expect(Math.min(1, warn.mock.calls.length)).toBe(warnings);
  });
});

describe('a controller that is stopped while it requests the lease', () => {
  it('ends, and releases the lease if it gets one', async () => {
    const lead = vi.fn(async () => undefined);
    const leadership = startLeadership({
      ...{ redis, instanceId: 'one', clock: new RedisClock(systemClock), systemClock, lead },
      rng: systemRandom,
      log: createLogger('test', 'silent'),
      standBy: async () => undefined,
      onState: () => undefined,
    });
    await leadership.stop();
    expect(lead).not.toHaveBeenCalled();
    expect(await redis.exists(keys.lease)).toBe(0);
  });
});

describe('a standby that cannot read the state of the leader', () => {
  it('says so, and does not show the last state that it could read', async () => {
    const leader = await start();
    await leads(leader);
    leader.signal('SIGKILL');
    await leader.ended();
    await redis.set(keys.lease, 'a-controller-of-another-version');
    const standby = await start();
    await eventually(async () => expect((await standby.get('/api/state')).status).toBe(200));
    await redis.set(keys.view, '{"mode":"of another version"}');
    await eventually(async () => {
      const answer = await standby.get('/api/state');
      expect(answer.status).toBe(503);
      expect(await answer.text()).toContain('this version cannot read');
    });
    // Its output arrives by a pipe, maybe after the answer.
    await eventually(() =>
      expect(standby.output()).toContain('the state of the leader cannot be read'),
    );
  });
});

describe('two controllers', () => {
  it('have one leader, and the standby shows the same state and accepts commands', async () => {
    const { leader, standby } = await startLeaderAndStandby();
    expect(await standby.command('pin', { endpointId: 'two' })).toMatchObject({
      status: 200,
      body: { outcome: 'applied' },
    });
    await eventually(async () => {
      const [shown, known] = [await standby.state(), await leader.state()];
      expect(shown.mode).toEqual({ kind: 'manual', endpointId: 'two' });
      expect(shown.selection).toEqual(known.selection);
    });
  });

  it('take over from a killed leader without changing what people see', async () => {
    const { leader, standby } = await startLeaderAndStandby();
    await leader.command('pin', { endpointId: 'two' });
    const before = await leader.state();
    const watch = watchSnapshots(redis);
    leader.signal('SIGKILL');
    await leads(standby);
    const after = await standby.state();
    expect(after.mode).toEqual(before.mode);
    expect(after.selection).toEqual(before.selection);
    await eventually(() => expect(watch.seen.length).toBeGreaterThan(1));
    await watch.stop();
    expect(watch.wentBack).toEqual([]);
  });

  it('hand over immediately if the leader stops cleanly', async () => {
    const { leader, standby } = await startLeaderAndStandby();
    leader.signal('SIGTERM');
    expect(await leader.ended()).toBe(0);
    expect((await redis.get(keys.lease)) ?? '').not.toContain(`-${leader.child.pid}-`);
    await leads(standby);
  });

  it('never let a leader write after it was paused and replaced', async () => {
    const { leader, standby } = await startLeaderAndStandby();
    const oldEpoch = Number(await redis.get(keys.epoch));
    const watch = watchSnapshots(redis);
    leader.signal('SIGSTOP');
    await leads(standby);
    // The paused leader finds this command in the stream when it resumes.
    await standby.command('pin', { endpointId: 'two' });
    const newEpoch = Number(await redis.get(keys.epoch));
    const committed = await redis.xlen(keys.audit);
    leader.signal('SIGCONT');
    await eventually(() => expect(leader.output()).toContain('not leading any more'));
    await eventually(async () => expect((await leader.state()).leadership.status).toBe('standby'));
    await watch.stop();
    expect(newEpoch).toBeGreaterThan(oldEpoch);
    expect(watch.wentBack).toEqual([]);
    expect(watch.seen.at(-1)?.epoch).toBe(newEpoch);
    expect(await redis.xlen(keys.audit)).toBe(committed);
  });

  it('leave either the old or the new snapshot if the leader is killed while switching', async () => {
    const { leader, standby } = await startLeaderAndStandby();
    const watch = watchSnapshots(redis);
    // Sent but not awaited: the kill hits the command in transit, during the decision, or after it.
    const inFlight = ['two', 'one', 'two', 'one', 'two'].map((endpointId) =>
      leader.command('pin', { endpointId }).catch(() => undefined),
    );
    await inFlight[0];
    leader.signal('SIGKILL');
    await Promise.all(inFlight);
    await leads(standby);
    await eventually(async () => {
      const { mode, selection } = await standby.state();
      const snapshot = watch.seen.at(-1);
      expect(snapshot?.mode).toEqual(mode);
      expect(snapshot?.selection).toEqual(selection);
      expect(JSON.parse((await redis.get(keys.operator)) ?? '{}').mode).toEqual(mode);
    });
    await watch.stop();
    expect(watch.wentBack).toEqual([]);
    for (const { mode, selection } of watch.seen) {
      if (mode.kind === 'manual') expect(selection.activeId).toBe(mode.endpointId);
    }
  });
});

describe.each([60, -60])('R12 a leader whose clock jumps by %i minutes', (minutes) => {
  it('keeps its lease, keeps deciding and blames no endpoint', async () => {
    const { leader, standby } = await startLeaderAndStandby(clockJump(minutes));
    const before = JSON.parse((await redis.get(keys.snapshot)) ?? '{}');
    leader.signal('SIGUSR2');
    await eventually(() => expect(leader.output()).toContain(JUMPED));
    const startAtMs = (await standby.state()).atMs;
    // Longer than a lease: a leader that mistook the jump for lost time would have given it up.
    await eventually(async () =>
      expect((await standby.state()).atMs - startAtMs).toBeGreaterThan(7_000),
    );
    expect(await leader.command('pin', { endpointId: 'two' })).toMatchObject({ status: 200 });
    const after = JSON.parse((await redis.get(keys.snapshot)) ?? '{}');
    expect(after.epoch).toBe(before.epoch);
    expect(after.version).toBeGreaterThan(before.version);
    expect((await leader.state()).leadership.status).toBe('leading');
    expect((await standby.state()).leadership.status).toBe('standby');
    const { endpoints, atMs } = await leader.state();
    expect(endpoints.map(({ health }) => health.status)).not.toContain('unhealthy');
    expect(Math.abs(atMs - Date.now())).toBeLessThan(60_000);
  });
});
