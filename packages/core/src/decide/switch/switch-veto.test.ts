import type { OperatorWishes } from '@zephyr/contract/operate/operator-command';
import { describe, expect, it } from 'vitest';

import { endpointId, epochMs } from '../../types.ts';
import type { Flapping, World } from '../world/world.ts';
import { freezeOf, operatorVetoOf } from './switch-veto.ts';

const MANUAL = { kind: 'manual', endpointId: endpointId('a') } as const;

function wishing(change: Partial<OperatorWishes>): Pick<World, 'wishes'> {
  const none: OperatorWishes = {
    mode: { kind: 'auto' },
    automation: 'running',
    disabled: [],
    grants: [],
  };
  return { wishes: { ...none, ...change } };
}

describe('operatorVetoOf', () => {
  it.each([
    { name: 'nothing', wishes: {}, veto: 'none' },
    { name: 'a pause', wishes: { automation: 'paused' as const }, veto: 'paused' },
    { name: 'a pin', wishes: { mode: MANUAL }, veto: 'manual' },
    { name: 'both', wishes: { mode: MANUAL, automation: 'paused' as const }, veto: 'manual' },
  ])('is what an operator has decided, a pin first: $name', ({ wishes, veto }) => {
    expect(operatorVetoOf(wishing(wishes))).toBe(veto);
  });
});

describe('freezeOf', () => {
  const flapping: Flapping = { status: 'flapping', untilAtMs: epochMs(1) };
  const frozen = (of: Flapping, isOverloadedEverywhere: boolean) =>
    freezeOf({ switching: { flapping: of } as World['switching'], isOverloadedEverywhere });

  it('is an overload, whatever else, or else flapping', () => {
    expect(frozen(flapping, false)).toBe(flapping);
    expect(frozen({ status: 'none' }, false)).toEqual({ status: 'none' });
    for (const each of [flapping, { status: 'none' } as const]) {
      expect(frozen(each, true)).toEqual({ status: 'overload' });
    }
  });
});
