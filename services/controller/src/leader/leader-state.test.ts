import { keys } from '@zephyr/runtime/redis/keys';
import type { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';

import { freshProgress, freshState, readingOf } from '../test-support/batches.ts';
import { currentFields, recordedShape, shapeProblem } from '../test-support/state-shape.ts';
import { decide } from './decide.ts';
import {
  CHECKPOINT_VERSION,
  CommittedReader,
  checkpointOf,
  readCheckpoint,
} from './leader-state.ts';

const { view } = decide(freshProgress(), readingOf());

describe('CommittedReader', () => {
  const readerOf = (...texts: readonly string[]) => {
    const rest = [...texts];
    const mget = async () => [null, rest.length > 1 ? rest.shift() : rest[0]];
    return new CommittedReader({ mget } as unknown as Redis);
  };

  it('reads the view of a leader of the same version', async () => {
    const text = JSON.stringify(view);
    expect((await readerOf(text).read()).view).toEqual({ status: 'read', view: JSON.parse(text) });
  });

  // `zephyr status` printed NaN for an amount that an older leader did not write.
  it('reports a view without a field of this version as unreadable', async () => {
    const { cost, ...older } = view;
    const { savedUsd: _, ...amounts } = cost;
    const reader = readerOf(JSON.stringify({ ...older, cost: amounts }));
    expect((await reader.read()).view).toMatchObject({
      status: 'unreadable',
      why: expect.stringContaining('savedUsd'),
    });
  });

  it('parses a view again only if its text has changed', async () => {
    const [text, changed] = [view, { ...view, proxyPort: 1 }].map((value) => JSON.stringify(value));
    const reader = readerOf(text ?? '', text ?? '', changed ?? '');
    const first = (await reader.read()).view;
    expect((await reader.read()).view).toBe(first);
    expect((await reader.read()).view).toMatchObject({ view: { proxyPort: 1 } });
  });
});

describe('readCheckpoint', () => {
  it('reads nothing but the checkpoint', async () => {
    const get = vi.fn(async () => JSON.stringify(checkpointOf(freshState())));
    expect(await readCheckpoint({ get } as unknown as Redis)).toMatchObject({ status: 'read' });
    expect(get.mock.calls).toEqual([[keys.world]]);
  });

  it.each([
    ['no checkpoint', null, 'none'],
    ['one of another version', { version: CHECKPOINT_VERSION - 1, state: {} }, 'unreadable'],
    ['one without a state', { version: CHECKPOINT_VERSION, state: null }, 'unreadable'],
    ['a text for a state', { version: CHECKPOINT_VERSION, state: 'state' }, 'unreadable'],
  ])('does not take %s for a state', async (_, stored, status) => {
    const get = async () => (stored === null ? null : JSON.stringify(stored));
    expect(await readCheckpoint({ get } as unknown as Redis)).toEqual({ status });
  });
});

describe('the shape of a checkpoint', () => {
  it('matches the one recorded for its version', { timeout: 60_000 }, () => {
    const current = { version: CHECKPOINT_VERSION, fields: currentFields() };
    const problem = shapeProblem(recordedShape(), current);
    expect(problem, problem).toBeUndefined();
  });

  const recorded = { version: 3, fields: ['.world.paused: boolean'] };
  it.each([
    ['an added field', { version: 3, fields: [...recorded.fields, '.x: string'] }],
    ['a removed field', { version: 3, fields: [] }],
    ['a field of another kind', { version: 3, fields: ['.world.paused: string'] }],
  ])('needs a raised version for %s', (_, current) => {
    expect(shapeProblem(recorded, current)).toContain('Raise CHECKPOINT_VERSION');
  });

  it('must be recorded after the version is raised', () => {
    expect(shapeProblem(recorded, { ...recorded, version: 4 })).toContain('no recorded shape');
    expect(shapeProblem(recorded, recorded)).toBeUndefined();
  });
});
