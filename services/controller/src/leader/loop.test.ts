import { type Clock, systemClock } from '@zephyr/runtime/clock';
import { ZephyrError } from '@zephyr/runtime/errors';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it } from 'vitest';

import { freshProgress, readingOf } from '../test-support/batches.ts';
import { listedLog } from '../test-support/listed-log.ts';
import { decide } from './decide.ts';
import type { Progress } from './leader-state.ts';
import { RETRY_INTERVAL_MS, runBatches, type Steps } from './loop.ts';

const commands = (id: string) => ({ commands: id, probes: '0-0', outcomes: '0-0' });
const fenced = () => new ZephyrError('FENCED', 'another one leads');

/** Runs batches until the leader has read `reads` times; returns the arguments of each step. */
async function run(change: Partial<Steps>, reads: number, clock: Clock = systemClock) {
  const stopping = new AbortController();
  const readFrom: Progress[] = [];
  const acted: string[] = [];
  const health: string[] = [];
  const { log, messages } = listedLog();
  const steps: Steps = {
    read: async (progress) => {
      readFrom.push(progress);
      if (readFrom.length === reads) stopping.abort();
      const received = { ...readingOf().received, cursors: commands(`${readFrom.length}-0`) };
      return readingOf({ received });
    },
    decide,
    commit: async () => undefined,
    act: async ({ state }, batch) => {
      acted.push(batch === undefined ? 'nothing' : state.cursors.commands);
    },
    ...change,
  };
  const deps = {
    ...{ steps, clock, signal: stopping.signal, log },
    health: { succeeded: () => void health.push('ok'), failed: () => void health.push('failed') },
  };
  const ended = await runBatches(freshProgress(), deps).then(
    () => 'stopped',
    (error: unknown) => (error instanceof ZephyrError ? error.code : error),
  );
  const cursors = readFrom.map(({ state }) => state.cursors.commands);
  return { ended, acted, health, cursors, messages };
}

/** Redis does not answer synchronously. */
async function later<Value>(settle: () => Value): Promise<Value> {
  await new Promise((resolve) => setImmediate(resolve));
  return settle();
}

function refuse(error: Error): never {
  throw error;
}

describe('runBatches', () => {
  it('starts each batch where the last committed one ended', async () => {
    expect(await run({}, 3)).toEqual({
      ended: 'stopped',
      cursors: ['0-0', '1-0', '2-0'],
      acted: ['1-0', '2-0', '3-0'],
      health: ['ok', 'ok', 'ok'],
      messages: [],
    });
  });

  it('ends with a batch whose commit is refused, and acts on nothing', async () => {
    const commit = () => later(() => refuse(fenced()));
    expect(await run({ commit }, 2)).toEqual({
      ended: 'FENCED',
      cursors: ['0-0'],
      acted: [],
      health: ['failed'],
      messages: [],
    });
  });

  it('continues after a refusal that is not about who leads', async () => {
    const commit = () => later(() => refuse(new ZephyrError('RECORD', 'another refusal')));
    expect(await run({ commit }, 2)).toMatchObject({
      ...{ ended: 'stopped', health: ['failed', 'failed'] },
    });
  });

  it('knows the last tick, also after batches without one', async () => {
    const ticks = [{ startedAtMs: 7, elapsedMs: 1_000 }, null, null];
    const tickedAtMs: number[] = [];
    const read = async (progress: Progress) => {
      tickedAtMs.push(progress.tickedAtMs);
      if (tickedAtMs.length === ticks.length) throw fenced();
      return readingOf({ tick: ticks[tickedAtMs.length - 1] ?? null });
    };
    await run({ read }, 1);
    expect(tickedAtMs).toEqual([0, 7, 7]);
  });

  it('restarts where an uncommitted batch began', async () => {
    let commits = 0;
    const commit = () =>
      later(() => {
        commits += 1;
        if (commits === 2) throw new Error('Redis is away');
        return undefined;
      });
    expect(await run({ commit }, 4)).toEqual({
      ended: 'stopped',
      cursors: ['0-0', '1-0', '1-0', '3-0'],
      acted: ['1-0', '3-0', '4-0'],
      health: ['ok', 'failed', 'ok', 'ok'],
      messages: ['a batch failed'],
    });
  });

  it('logs the first failure of each streak, and none that a stop causes', async () => {
    const clock = new ManualClock();
    // Two streaks, and one that the stop begins.
    const fails = [true, true, true, false, true, true, false, true];
    let commits = 0;
    const commit = async () => {
      commits += 1;
      return fails[commits - 1] === true ? refuse(new Error('Redis is away')) : undefined;
    };
    const running = run({ commit }, fails.length, clock);
    for (let failures = 0; failures < 5; failures += 1) {
      await clock.whenSet(RETRY_INTERVAL_MS);
      clock.advance(RETRY_INTERVAL_MS);
    }
    const { health, messages } = await running;
    expect(health.map((each) => each === 'failed')).toEqual(fails);
    expect(messages).toEqual(['a batch failed', 'a batch failed']);
  });

  it('pauses after a batch that failed', async () => {
    const clock = new ManualClock();
    let reads = 0;
    const read = async () => {
      reads += 1;
      return reads === 1 ? refuse(new Error('Redis is away')) : refuse(fenced());
    };
    const running = run({ read }, 2, clock);
    await clock.whenSet(RETRY_INTERVAL_MS);
    clock.advance(RETRY_INTERVAL_MS - 1);
    await later(() => expect(reads).toBe(1));
    clock.advance(1);
    expect((await running).ended).toBe('FENCED');
  });

  it('does not decide a committed batch again if acting on it fails', async () => {
    const act = () => later(() => refuse(new Error('the queue is away')));
    const { cursors, health } = await run({ act }, 2);
    expect(cursors).toEqual(['0-0', '1-0']);
    expect(health).toEqual(['failed', 'failed']);
  });

  it('acts even if there was nothing to decide: something may be left to do', async () => {
    const stopping: string[] = [];
    const read = async () => {
      stopping.push('read');
      return stopping.length < 2 ? undefined : refuse(fenced());
    };
    expect(await run({ read }, 1)).toMatchObject({ ended: 'FENCED', acted: ['nothing'] });
  });
});
