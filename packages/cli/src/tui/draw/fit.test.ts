import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';

import { packed, shortened, wrapped } from './fit.ts';

describe('wrapped', () => {
  it('breaks between words, and truncates overflow', () => {
    expect(wrapped('one two three four', 9, 3)).toEqual(['one two', 'three', 'four']);
    expect(wrapped('one two three four', 9, 2)).toEqual(['one two', 'three fo…']);
    expect(wrapped('short', 9, 2)).toEqual(['short']);
    expect(wrapped('it hangs; wait', 8, 2)).toEqual(['it', 'hangs;…']);
  });

  it('counts two columns for a Chinese character', () => {
    const lines = wrapped('请求会立即收到错误响应，要求客户端稍后重试', 20, 3);
    expect(lines.join('')).toBe('请求会立即收到错误响应，要求客户端稍后重试');
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(20);
  });

  it('splits a word that is wider than the line', () => {
    expect(wrapped('abcdefghij', 5, 2).every((line) => line.length <= 5)).toBe(true);
  });
});

it('shortened is never wider than it may be', () => {
  expect(shortened('华南备用线路', 8)).toBe('华南备…');
  expect(shortened('华南', 4)).toBe('华南');
});

it('packed leaves whole parts out, the last ones first', () => {
  expect(packed(['aaaa', 'bbbb', 'cc'], 8, 1)).toEqual(['aaaa  cc']);
  expect(packed(['aaaa', 'bbbb', 'cc'], 8, 2)).toEqual(['aaaa  cc', 'bbbb']);
});
