import type { ProbePlan } from '@zephyr/contract/probe/probe';
import type { EndpointId } from '@zephyr/contract/scalars';
import type { Effect } from '@zephyr/core';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it } from 'vitest';

import { freshProgress, freshState, readingOf } from '../test-support/batches.ts';
import { listedLog } from '../test-support/listed-log.ts';
import { ProbePlanner } from './act.ts';
import { type Batch, decide } from './decide.ts';
import type { LeaderState } from './leader-state.ts';
import { RedisClock } from './redis-clock.ts';
import type { NextProbes, ProbePlans, Schedules } from './schedules.ts';

const ONE = 'one' as EndpointId;
const plan: ProbePlan = {
  ...{ status: 'scheduled', intervalMs: 60_000, spending: 'normal' },
  ...{ why: 'configured', wants: 'any' },
};
const planOne: Effect = { kind: 'set_probe', endpointId: ONE, plan };
const probeOne: Effect = { kind: 'probe_now', endpointIds: [ONE] };

/** A queue that lists what it accepts, and what it refuses while it is away. */
class Queue implements Schedules {
  isAway = false;
  calls: string[] = [];

  async set(id: EndpointId): Promise<void> {
    await this.#accept(`set ${id}`);
  }

  async reconcile(plans: ProbePlans): Promise<void> {
    await this.#accept(`reconcile ${Object.keys(plans).join(' ')}`.trim());
  }

  async probeNow(ids: readonly EndpointId[]): Promise<void> {
    await this.#accept(`probe ${ids.join(' ')}`);
  }

  async nextAtMs(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {}

  async #accept(call: string): Promise<void> {
    this.calls.push(this.isAway ? `refused: ${call}` : call);
    if (this.isAway) throw new Error('the queue is away');
  }
}

function batchOf(effects: readonly Effect[], nextProbes?: NextProbes): Batch {
  return { ...decide(freshProgress(), readingOf({ nextProbes })), effects };
}

const planned = (...ids: readonly string[]): LeaderState => ({
  ...freshState(),
  world: { ...freshState().world, probePlans: Object.fromEntries(ids.map((id) => [id, plan])) },
});
const PLANNED = planned('one');

/** A planner that has just reconciled. */
async function startPlanner() {
  const clock = new ManualClock();
  const queue = new Queue();
  const redisClock = new RedisClock(clock);
  const { log, messages } = listedLog();
  const planner = new ProbePlanner({ schedules: queue, clock: redisClock, log });
  await planner.act(PLANNED);
  expect(queue.calls).toEqual(['reconcile one']);
  queue.calls = [];
  /** What the queue was asked for meanwhile. */
  const act = async (batch?: Batch, state = PLANNED): Promise<readonly string[]> => {
    queue.calls = [];
    await planner.act(state, batch);
    return queue.calls;
  };
  return { clock, queue, act, messages };
}

describe('ProbePlanner', () => {
  it('does what a batch decided, and reconciles only every thirty seconds', async () => {
    const { clock, act } = await startPlanner();
    clock.advance(30_000);
    expect(await act(batchOf([planOne, probeOne]))).toEqual(['set one', 'probe one']);
    expect(await act()).toEqual([]);
    clock.advance(1);
    expect(await act()).toEqual(['reconcile one']);
    clock.advance(30_000);
    expect(await act()).toEqual([]);
  });

  it.each([
    ['a plan', planOne, 'set one'],
    ['a probe', probeOne, 'probe one'],
  ])('reconciles immediately if the queue did not accept %s', async (_, effect, call) => {
    const { queue, act } = await startPlanner();
    queue.isAway = true;
    expect(await act(batchOf([effect]))).toEqual([`refused: ${call}`, 'refused: reconcile one']);
    expect(await act()).toEqual(['refused: reconcile one']);
    queue.isAway = false;
    expect(await act()).toEqual(['reconcile one']);
    expect(await act()).toEqual([]);
  });

  it('reconciles immediately if the queue has other schedulers than planned', async () => {
    const { act } = await startPlanner();
    expect(await act(batchOf([], new Map()))).toEqual([]);
    expect(await act(batchOf([], new Map([['stranger', 0]])))).toEqual(['reconcile one']);
  });

  it('queues a probe for an endpoint without a result for too long, each time it reconciles', async () => {
    const { clock, act } = await startPlanner();
    // Two intervals and ten seconds since this controller leads.
    clock.advance(130_000);
    expect(await act()).toEqual(['reconcile one']);
    for (let time = 0; time < 2; time += 1) {
      clock.advance(30_001);
      expect(await act()).toEqual(['reconcile one', 'probe one']);
    }
  });

  it('logs which probes are overdue only when that changes, and when they are on time again', async () => {
    const { clock, act, messages } = await startPlanner();
    const reconcile = async (state = PLANNED) => {
      clock.advance(30_001);
      await act(undefined, state);
      return messages.length;
    };
    expect([await reconcile(), await reconcile()]).toEqual([0, 0]);
    clock.advance(130_000);
    expect([await reconcile(), await reconcile()]).toEqual([1, 1]);
    const both = planned('one', 'two');
    expect([await reconcile(both), await reconcile(both)]).toEqual([2, 2]);
    expect([await reconcile(planned()), await reconcile(planned())]).toEqual([3, 3]);
    expect(messages).toEqual([
      ...['probes are overdue', 'probes are overdue', 'probes are on time again'],
    ]);
  });
});
