import { setTimeout as wait } from 'node:timers/promises';
import type { ProbeJob, ProbePlan } from '@zephyr/contract/probe/probe';
import { endpointId } from '@zephyr/core';
import { systemClock, systemRandom } from '@zephyr/runtime/clock';
import { createLogger } from '@zephyr/runtime/logger';
import { bullConnection, PROBE_QUEUE, QUEUE_PREFIX } from '@zephyr/runtime/queue/probe-jobs';
import { eventually } from '@zephyr/testkit/eventually';
import { openTestRedis, startTestRedis, type TestRedis } from '@zephyr/testkit/redis';
import { type Job, Queue, Worker } from 'bullmq';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { openSchedules, type Schedules } from './schedules.ts';

const one = endpointId('one');
const two = endpointId('two');
const every = (intervalMs: number): ProbePlan => ({
  ...{ status: 'scheduled', intervalMs, spending: 'normal', why: 'configured', wants: 'any' },
});
const off: ProbePlan = { status: 'off', why: 'disabled' };

let server: TestRedis;
let schedules: Schedules;
let queue: Queue<ProbeJob, unknown, string>;
let worker: Worker<ProbeJob> | undefined;

beforeEach(async () => {
  server = await startTestRedis();
  schedules = openSchedules({
    ...{ target: { url: server.url }, log: createLogger('test', 'silent'), clock: systemClock },
    rng: systemRandom,
  });
  queue = new Queue(PROBE_QUEUE, {
    prefix: QUEUE_PREFIX,
    connection: bullConnection({ url: server.url }, 'queue'),
  });
  await queue.waitUntilReady();
});
afterEach(async () => {
  await worker?.close();
  worker = undefined;
  await queue.close();
  await schedules.close();
  await server.stop();
});

function startWorker(): Job<ProbeJob>[] {
  const ran: Job<ProbeJob>[] = [];
  worker = new Worker<ProbeJob>(PROBE_QUEUE, async (job) => void ran.push(job), {
    prefix: QUEUE_PREFIX,
    connection: bullConnection({ url: server.url }, 'worker'),
  });
  return ran;
}

const planned = async () => {
  const schedulers = await queue.getJobSchedulers();
  return Object.fromEntries(schedulers.map(({ key, every }) => [key, every]));
};

describe('reconcile', () => {
  it('adds missing schedulers, updates changed ones and removes unplanned ones', async () => {
    await schedules.reconcile({ one: every(60_000), two: every(60_000) });
    expect(await planned()).toEqual({ one: 60_000, two: 60_000 });
    await schedules.reconcile({ one: every(30_000), two: off });
    expect(await planned()).toEqual({ one: 30_000 });
  });

  it('brings any queue in line with the plan, whatever it held and however often it runs', async () => {
    const ids = ['one', 'two', 'three', 'a-stranger'];
    const intervalMs = fc.constantFrom(30_000, 60_000, 3_600_000);
    const plan: fc.Arbitrary<ProbePlan> = fc.oneof(
      fc.constant(off),
      fc.record({
        status: fc.constant('scheduled' as const),
        intervalMs,
        spending: fc.constantFrom('normal' as const, 'cheaper' as const),
        why: fc.constantFrom('configured' as const, 'verifying' as const),
        wants: fc.constantFrom('any' as const, 'real' as const, 'direct' as const),
      }),
    );
    const history = fc.array(fc.dictionary(fc.constantFrom(...ids), plan), {
      minLength: 2,
      maxLength: 4,
    });
    const property = fc.asyncProperty(history, fc.boolean(), async (steps, isEmptied) => {
      for (const plans of steps) await schedules.reconcile(plans);
      if (isEmptied) await queue.obliterate({ force: true });
      const wanted = steps.at(-1) ?? {};
      await schedules.reconcile(wanted);
      const onlyScheduled = Object.entries(wanted).flatMap(([id, { status, ...of }]) =>
        status === 'scheduled' && 'intervalMs' in of ? [[id, of.intervalMs] as const] : [],
      );
      expect(await planned()).toEqual(Object.fromEntries(onlyScheduled));
      // Exactly one job waits for each; otherwise its probes would run twice or never.
      const delayed = await queue.getJobs(['delayed', 'waiting']);
      expect(delayed.map(({ data }) => data.endpointId).sort()).toEqual(
        onlyScheduled.map(([id]) => id).sort(),
      );
      for (const { data } of delayed) {
        const of = wanted[data.endpointId];
        expect(of).toMatchObject({ status: 'scheduled', spending: data.spending });
      }
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('leaves correct schedulers alone', async () => {
    await schedules.reconcile({ one: every(60_000) });
    const before = await schedules.nextAtMs();
    await schedules.reconcile({ one: every(60_000) });
    expect(await schedules.nextAtMs()).toEqual(before);
  });

  it('probes a new endpoint soon, and then at its interval', async () => {
    const ran = startWorker();
    await schedules.reconcile({ one: every(1_500) });
    await eventually(() => expect(ran.length).toBeGreaterThanOrEqual(3));
    expect(ran.map(({ data }) => data.endpointId)).toEqual(ran.map(() => 'one'));
    expect(ran[0]?.data).toMatchObject({ trigger: 'schedule', spending: 'normal' });
    const moments = ran.map(({ id }) => Number(id?.split(':').at(-1)));
    // On a busy machine some may be skipped.
    const apartMs = (moments[2] ?? 0) - (moments[1] ?? 0);
    expect([apartMs > 0, apartMs % 1_500]).toEqual([true, 0]);
  });

  it('restarts a scheduler whose next job was lost', async () => {
    await schedules.reconcile({ one: every(60_000) });
    // The state two minutes after the job was lost: the next run is long overdue.
    const redis = openTestRedis({ url: server.url });
    await new Promise((resolve) => redis.once('ready', resolve));
    const root = `${QUEUE_PREFIX}:${PROBE_QUEUE}`;
    await redis.del(`${root}:delayed`, ...(await redis.keys(`${root}:repeat:one:*`)));
    await redis.zadd(`${root}:repeat`, Date.now() - 120_000, 'one');
    redis.disconnect();
    await schedules.reconcile({ one: every(60_000) });
    expect((await schedules.nextAtMs())?.get('one')).toBeGreaterThan(Date.now());
    expect(await queue.getDelayedCount()).toBe(1);
  });
});

describe('set', () => {
  it('counts a changed interval from the last tick, so that changes do not postpone a probe', async () => {
    await schedules.set(one, every(60_000));
    const first = (await schedules.nextAtMs())?.get('one') ?? 0;
    const ran = startWorker();
    await eventually(() => expect(ran).toHaveLength(1));
    await schedules.set(one, every(30_000));
    expect((await schedules.nextAtMs())?.get('one')).toBe(first + 30_000);
    await schedules.set(one, every(45_000));
    expect((await schedules.nextAtMs())?.get('one')).toBe(first + 45_000);
  });

  it('updates what a probe may cost and must find out, even if nothing else has changed', async () => {
    await schedules.set(one, every(60_000));
    await schedules.set(one, {
      ...{ status: 'scheduled', intervalMs: 60_000, spending: 'cheaper', why: 'configured' },
      wants: 'any',
    });
    const data = async () => (await queue.getJobScheduler('one'))?.template?.data;
    expect(await data()).toMatchObject({ spending: 'cheaper', wants: 'any' });
    await schedules.set(one, {
      ...{ status: 'scheduled', intervalMs: 60_000, spending: 'cheaper', why: 'configured' },
      wants: 'direct',
    });
    expect(await data()).toMatchObject({ spending: 'cheaper', wants: 'direct' });
  });
});

describe('probeNow', () => {
  it('queues one probe for each endpoint until it has run', async () => {
    await schedules.probeNow([one, two]);
    await schedules.probeNow([one, two]);
    expect(await queue.getWaitingCount()).toBe(2);
    const ran = startWorker();
    await eventually(() => expect(ran).toHaveLength(2));
    await eventually(async () => expect(await queue.getCompletedCount()).toBe(2));
    await schedules.probeNow([one]);
    await eventually(() => expect(ran).toHaveLength(3));
    expect(ran[2]?.data).toMatchObject({ endpointId: 'one', trigger: 'request' });
  });
});

describe('close', () => {
  it('leaves no connection behind that retries and logs forever while Redis is away', async () => {
    await schedules.nextAtMs();
    await queue.close();
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => print.mockRestore());
    await server.stop();
    await schedules.close();
    // Nothing is to happen, so there is no event: several attempts would fall into this time, the first three
    // within 0.5 s.
    await wait(1_000);
    expect(print).not.toHaveBeenCalled();
  });
});
