import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';

import { screenful } from './screenful.ts';

const more = (count: number) => `… ${count} more`;
const text = [
  'Tokyo is serving',
  'Tokyo was 187 ms faster than Frankfurt when it took over.',
  '',
  'Endpoint      State        Score',
  'Tokyo         serving      350 ms',
  '华南备用线路  fallback 1   762 ms',
].join('\n');

describe('screenful', () => {
  it('is the text itself if there is room', () => {
    expect(screenful(text, { columns: 80, rows: 24 }, more)).toBe(text);
  });

  it('wraps sentences and truncates table rows', () => {
    const lines = screenful(text, { columns: 24, rows: 24 }, more).split('\n');
    expect(lines.slice(0, 4)).toEqual([
      'Tokyo is serving',
      'Tokyo was 187 ms faster',
      'than Frankfurt when it',
      'took over.',
    ]);
    expect(lines.at(-1)).toBe('华南备用线路  fallback…');
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(24);
  });

  it('never has as many lines as the screen, and shows how many are left out', () => {
    const lines = screenful(text, { columns: 80, rows: 5 }, more).split('\n');
    expect(lines).toEqual([...text.split('\n').slice(0, 3), '… 3 more']);
  });
});
