import type { OperatorWishes } from '@zephyr/contract/operator-command';
import { describe, expect, it } from 'vitest';

import { endpointId, epochMs } from '../types.ts';
import { freezeOf, operatorVetoOf, switchVetoOf } from './switch-veto.ts';
import type { Freeze, World } from './world.ts';

const MANUAL = { kind: 'manual', endpointId: endpointId('a') } as const;

function wishing(change: Partial<OperatorWishes>): Pick<World, 'wishes'> {
  const none: OperatorWishes = { mode: { kind: 'auto' }, paused: false, disabled: [], grants: [] };
  return { wishes: { ...none, ...change } };
}

describe('switchVetoOf', () => {
  it.each([
    { name: 'nothing', wishes: {}, ofOperator: 'none', inOverload: 'overloaded' },
    { name: 'a pause', wishes: { paused: true }, ofOperator: 'paused', inOverload: 'paused' },
    { name: 'a pin', wishes: { mode: MANUAL }, ofOperator: 'manual', inOverload: 'manual' },
    {
      name: 'both',
      wishes: { mode: MANUAL, paused: true },
      ...{ ofOperator: 'manual', inOverload: 'manual' },
    },
  ])('is what an operator has decided, or else an overload: $name', (row) => {
    const world = wishing(row.wishes);
    expect(operatorVetoOf(world)).toBe(row.ofOperator);
    expect(switchVetoOf({ ...world, isOverloadedEverywhere: false })).toBe(row.ofOperator);
    expect(switchVetoOf({ ...world, isOverloadedEverywhere: true })).toBe(row.inOverload);
  });
});

describe('freezeOf', () => {
  const flapping: Freeze = { status: 'flapping', untilAtMs: epochMs(1) };
  const frozen = (freeze: Freeze, isOverloadedEverywhere: boolean) =>
    freezeOf({ switching: { freeze } as World['switching'], isOverloadedEverywhere });

  it('is an overload, whatever else, or else flapping', () => {
    expect(frozen(flapping, false)).toBe(flapping);
    expect(frozen({ status: 'none' }, false)).toEqual({ status: 'none' });
    for (const freeze of [flapping, { status: 'none' } as const]) {
      expect(frozen(freeze, true)).toEqual({ status: 'overload' });
    }
  });
});
