import { describe, expect, it } from 'vitest';

import { mutateLua } from './lua.ts';

const changed = (source: string) =>
  mutateLua('scripts/x.lua', source, 0).map(({ source: text }) => text);

describe('mutateLua', () => {
  it.each([
    ['a comparison', 'if a == b then', ['if a ~= b then']],
    ['a limit', 'if a < 5 then', ['if a <= 5 then', 'if a >= 5 then', 'if a < 6 then']],
    ['both parts of a condition', 'x(a and b)', ['x(a or b)']],
    ['a statement', "redis.call('SET', k, v)", ['']],
    ['no text', "x('a == 1')", []],
    ['no comment', '-- a == 1', []],
    ['no index', 'x(KEYS[1], nowMs1)', []],
  ])('%s', (_, source, expected) => {
    expect(changed(source)).toEqual(expected);
  });

  it('names the script and the line', () => {
    const [mutant] = mutateLua('scripts/x.lua', '-- what it does\nreturn a == b', 7);
    expect(mutant).toMatchObject({ id: 7, script: 'x', line: 2 });
  });
});
