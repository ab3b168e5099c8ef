import type { ConfigSource } from '@zephyr/runtime/config/watch/source';
import { MAX_WHY_CHARACTERS } from '@zephyr/runtime/logger';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import type { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';

import { freshProgress, loaded, readingOf } from '../test-support/batches.ts';
import { CurrentState } from '../view/current-state.ts';
import { decide } from './decide.ts';
import { createFollower } from './follow.ts';
import { RedisClock } from './redis-clock.ts';

const { view } = decide(freshProgress(), readingOf());
const foreign = { ...view, freeze: { status: 'a word of a newer version' } };

/** A standby, and the view that Redis has. */
function standby() {
  const redis = { status: 'ready', on: () => undefined } as unknown as Redis;
  const configSource = { current: () => loaded, subscribe: () => undefined } as const;
  const clock = new RedisClock(new ManualClock());
  const current = new CurrentState({
    ...{ redis, clock, publicUrl: null },
    configSource: configSource satisfies Pick<ConfigSource, 'current' | 'subscribe'>,
  });
  const log = { info: vi.fn(), warn: vi.fn() };
  const stored: { view: unknown } = { view: undefined };
  const mget = async () => [null, stored.view === undefined ? null : JSON.stringify(stored.view)];
  const follow = createFollower({ redis: { mget } as unknown as Redis, current, log });
  const followed = async (next: unknown) => {
    stored.view = next;
    await follow();
  };
  return { current, log, followed };
}

describe('a standby', () => {
  it('shows no state as live once the leader commits one that it cannot read', async () => {
    const { current, followed } = standby();
    await followed(view);
    expect(current.state()).toMatchObject({ freeze: { status: 'none' } });
    const changed = vi.fn();
    current.onChange(changed);
    await followed(foreign);
    expect([current.state(), current.isUnreadable()]).toEqual([undefined, true]);
    await followed(foreign);
    expect(changed).toHaveBeenCalledOnce();
    await followed(view);
    expect([current.state()?.freeze, current.isUnreadable()]).toEqual([view.freeze, false]);
  });

  it('logs once that it cannot read the state, and once that it can again', async () => {
    const { log, followed } = standby();
    for (const next of [view, foreign, { ...foreign, atMs: view.atMs + 1 }, foreign]) {
      await followed(next);
    }
    expect(log.warn).toHaveBeenCalledOnce();
    expect(log.warn.mock.calls[0]?.[0].why).toContain('freeze');
    expect(log.info).not.toHaveBeenCalled();
    for (const next of [view, view]) await followed(next);
    expect(log.info).toHaveBeenCalledOnce();
    await followed(foreign);
    expect(log.warn).toHaveBeenCalledTimes(2);
  });

  it('logs a bounded part of what is wrong with it', async () => {
    const { log, followed } = standby();
    await followed({});
    expect(log.warn.mock.calls[0]?.[0].why).toHaveLength(MAX_WHY_CHARACTERS);
  });

  it('shows the last state while Redis has none', async () => {
    const { current, followed } = standby();
    await followed(view);
    await followed(undefined);
    expect(current.state()).toBeDefined();
  });
});
