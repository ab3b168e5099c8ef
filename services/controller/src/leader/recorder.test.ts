import type { Decision } from '@zephyr/contract/decide/decision';
import { MIB } from '@zephyr/contract/units';
import { DEFAULT_POLICY, endpointId, epochMs, type Input, initialWorld } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import { Recorder, type RecorderInput } from './recorder.ts';

const tick: Input = { atMs: epochMs(1), event: { kind: 'tick' } };
const batch: RecorderInput = {
  before: initialWorld({
    atMs: epochMs(0),
    groups: [],
    endpoints: [
      { id: endpointId('one'), groupName: 'team', styleChoice: 'fixed', preferenceMs: 0 },
    ],
  }),
  policy: DEFAULT_POLICY,
  inputs: [tick],
  decisions: [],
};

describe('Recorder', () => {
  it.each([true, false])(
    'begins a term with its world, which isContinuation: %s',
    (isContinuation) => {
      const recorder = new Recorder(isContinuation);
      expect(recorder.next(batch).entry).toEqual({
        head: { isContinuation, policy: DEFAULT_POLICY, world: batch.before },
        inputs: [tick],
        decisions: [],
      });
      expect(recorder.next(batch).entry).toEqual({ inputs: [tick], decisions: [] });
    },
  );

  it('has the decisions of each batch', () => {
    const decisions = [{ number: 7 } as Decision];
    expect(new Recorder(true).next({ ...batch, decisions }).entry).toMatchObject({ decisions });
  });

  it('begins a segment when the settings change, with the world at that moment', () => {
    const recorder = new Recorder(false);
    recorder.next(batch);
    const policy = { ...DEFAULT_POLICY, publishing: { scoreIntervalMs: 1 } };
    expect(recorder.next({ ...batch, policy }).entry.head).toMatchObject({
      isContinuation: true,
      policy,
    });
    expect(recorder.next({ ...batch, policy }).entry.head).toBeUndefined();
  });

  it('begins a segment at intervals, so that the oldest can be dropped', () => {
    const recorder = new Recorder(true);
    const heads = Array.from({ length: 1_300 }, () => recorder.next(batch).entry.head);
    expect(heads.flatMap((head, index) => (head === undefined ? [] : [index]))).toEqual([
      0, 600, 1_200,
    ]);
  });

  it('keeps fewer batches, in shorter segments, if they are large: a few megabytes in total', () => {
    const recorder = new Recorder(true);
    const large: Input = {
      atMs: epochMs(1),
      event: { kind: 'proxy_gone', proxyId: 'x'.repeat(100_000) },
    };
    const recorded = Array.from({ length: 500 }, () =>
      recorder.next({ ...batch, inputs: [large] }),
    );
    const heads = recorded.flatMap(({ entry }, index) => (entry.head === undefined ? [] : [index]));
    expect(heads.slice(0, 3)).toEqual([0, 11, 22]);
    expect((recorded.at(-1)?.maxLength ?? 0) * 100_000).toBeLessThan(10 * MIB);
    expect(recorder.next(batch).maxLength).toBeGreaterThan(11);
  });
});
