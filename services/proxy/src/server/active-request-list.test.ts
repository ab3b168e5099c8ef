import { ANONYMOUS } from '@zephyr/contract/reserved-names';
import { describe, expect, it } from 'vitest';

import { ActiveRequests } from './active-request-list.ts';

const NOBODY = { person: ANONYMOUS, keySha256: undefined };

function startedInOrder(...names: readonly string[]) {
  const active = new ActiveRequests<string>();
  const takeOut = new Map(names.map((name) => [name, active.add(name, NOBODY)]));
  const namesByAge = (): readonly string[] => active.byAge().map(({ exchange }) => exchange);
  return { active, namesByAge, end: (name: string) => takeOut.get(name)?.() };
}

describe('the active requests', () => {
  it.each([['a'], ['b'], ['c']])('keep the order of their start when %s ends', (name) => {
    const { active, namesByAge, end } = startedInOrder('a', 'b', 'c');
    end(name);
    expect(namesByAge()).toEqual(['a', 'b', 'c'].filter((other) => other !== name));
    expect(active.size).toBe(2);
  });

  it('lose exactly the one that ends, whichever ended first', () => {
    const { namesByAge, end } = startedInOrder('a', 'b', 'c', 'd');
    for (const name of ['a', 'd', 'b']) end(name);
    expect(namesByAge()).toEqual(['c']);
    end('c');
    expect(namesByAge()).toEqual([]);
  });

  it('are numbered consecutively, even after all have ended', () => {
    const { active, end } = startedInOrder('a', 'b');
    end('a');
    end('b');
    active.add('c', { person: 'ann', keySha256: 'f' });
    expect(active.byAge()).toMatchObject([{ exchange: 'c', number: 3, person: 'ann' }]);
  });
});
