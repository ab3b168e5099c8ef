import { describe, expect, it } from 'vitest';

import { createStartGate } from './start-gate.ts';

const { signal } = new AbortController();

describe('createStartGate', () => {
  it('admits the next one when a slot is released, once', async () => {
    const gate = createStartGate(1);
    const order: string[] = [];
    const leave = await gate.enter(signal);
    const second = gate.enter(signal).then((leaveSecond) => {
      order.push('second');
      return leaveSecond;
    });
    const third = gate.enter(signal).then(() => order.push('third'));
    await Promise.resolve();
    expect(order).toEqual([]);
    leave();
    leave();
    const leaveSecond = await second;
    await Promise.resolve();
    expect(order).toEqual(['second']);
    leaveSecond();
    await third;
    expect(order).toEqual(['second', 'third']);
  });

  it('neither keeps nor counts a caller that gives up', async () => {
    const gate = createStartGate(1);
    const leave = await gate.enter(signal);
    const controller = new AbortController();
    const waiting = gate.enter(controller.signal);
    controller.abort();
    (await waiting)();
    leave();
    expect(await gate.enter(signal)).toBeDefined();
  });
});
