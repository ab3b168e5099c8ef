import { stripVTControlCharacters } from 'node:util';

import { describe, expect, it } from 'vitest';

import { formatLogLine } from './log-line.ts';

const plain = (line: string) => stripVTControlCharacters(formatLogLine('proxy', line));

describe('formatLogLine', () => {
  it.each([
    [
      'a record',
      { level: 30, time: '2026-11-23T21:40:03Z', service: 'proxy', msg: 'ready', port: 8080 },
      /^\d\d:\d\d:03 proxy {6}ready port=8080$/,
    ],
    [
      'an error by its message alone',
      { time: 0, msg: 'redis is away', err: { type: 'Error', message: 'no\n  route', stack: 'x' } },
      /redis is away err=no route$/,
    ],
    ['a long value in part', { time: 0, msg: 'm', a: 'x'.repeat(500) }, /a=x{120}…$/],
    ['nested data as JSON', { time: 0, msg: 'm', a: { b: [1] } }, /a=\{"b":\[1\]\}$/],
  ])('shows %s', (_, record, expected) => {
    expect(plain(JSON.stringify(record))).toMatch(expected);
  });

  it('names an endpoint as the configuration does', () => {
    const line = JSON.stringify({ time: 0, msg: 'probe passed', endpointId: 'e-5424c03f' });
    const names = new Map([['e-5424c03f', '上海']]);
    const shown = (known?: typeof names) =>
      stripVTControlCharacters(formatLogLine('prober', line, known));
    expect(shown(names)).toMatch(/probe passed endpoint=上海$/);
    // It was added since the start.
    expect(shown()).toMatch(/probe passed endpointId=e-5424c03f$/);
  });

  it.each(['no JSON', '{ "broken": '])('shows %s as it is', (line) => {
    expect(plain(line)).toMatch(/^\d\d:\d\d:\d\d proxy {6}/);
    expect(plain(line)).toContain(line);
  });
});
