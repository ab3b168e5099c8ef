import { DEFAULT_POLICY, endpointId, epochMs, type Input, initialWorld } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import { Recorder, type Turn } from './recording.ts';

const tick: Input = { atMs: epochMs(1), event: { kind: 'tick' } };
const turn: Turn = {
  before: initialWorld({
    atMs: epochMs(0),
    groups: [],
    endpoints: [{ id: endpointId('one'), groupName: 'team' }],
  }),
  policy: DEFAULT_POLICY,
  inputs: [tick],
  decisions: [],
};

describe('Recorder', () => {
  it.each([true, false])('begins a term with its world, which continues: %s', (continues) => {
    const recorder = new Recorder(continues);
    expect(recorder.next(turn)).toEqual({
      head: { continues, policy: DEFAULT_POLICY, world: turn.before },
      inputs: [tick],
      decisions: [],
    });
    expect(recorder.next(turn)).toEqual({ inputs: [tick], decisions: [] });
  });

  it('begins a segment when the settings change, from the world that they found', () => {
    const recorder = new Recorder(false);
    recorder.next(turn);
    const policy = { ...DEFAULT_POLICY, publishing: { scoreIntervalMs: 1 } };
    expect(recorder.next({ ...turn, policy }).head).toMatchObject({ continues: true, policy });
    expect(recorder.next({ ...turn, policy }).head).toBeUndefined();
  });

  it('begins a segment now and then, so that the oldest can be dropped', () => {
    const recorder = new Recorder(true);
    const heads = Array.from({ length: 1_300 }, () => recorder.next(turn).head);
    expect(heads.flatMap((head, index) => (head === undefined ? [] : [index]))).toEqual([
      0, 600, 1_200,
    ]);
  });
});
