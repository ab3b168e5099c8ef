import { describe, expect, it } from 'vitest';

import { withVariable } from './env-variable.ts';

describe('withVariable', () => {
  it.each([
    ['an empty file', '', "B='x$y'\n"],
    ['a file with others', '# mine\nA=1\n', "# mine\nA=1\nB='x$y'\n"],
    ['a last line without its end', 'A=1', "A=1\nB='x$y'\n"],
    ['one that is there', 'A=1\nexport B=old # note\nBB=2\n', "A=1\nB='x$y'\nBB=2\n"],
    ['line ends of Windows', 'A=1\r\n', "A=1\r\nB='x$y'\r\n"],
  ])('writes into %s', (_, before, after) => {
    expect(withVariable(before, 'B', 'x$y')).toBe(after);
  });

  it.each(['', "a'b", 'a\nb', 'a\\'])('rejects %j, which has no portable notation', (value) => {
    expect(() => withVariable('', 'B', value)).toThrow('the value for B');
  });
});
