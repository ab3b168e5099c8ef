import { describe, expect, it } from 'vitest';

import { inChinese, inOneLine, notFirst, type PeerRow, tableOf } from './table.ts';

function rowOf(cells: Readonly<Record<string, number>>, rest: Partial<PeerRow> = {}): PeerRow {
  const entries = Object.entries(cells);
  return {
    what: 'TTFT',
    cells: new Map(entries.map(([name, value]) => [name, { text: `${value} ms`, value }])),
    ...rest,
  };
}

describe('where we are not first', () => {
  it('names the leader, with both figures', () => {
    expect(notFirst([rowOf({ nginx: 1, HAProxy: 3, Zephyr: 2 })])).toEqual([
      'TTFT: nginx 1 ms; Zephyr 2 ms',
    ]);
  });

  it('knows where more is better', () => {
    const row = rowOf({ nginx: 30, HAProxy: 10, Zephyr: 20 }, { isMoreBetter: true });
    expect(notFirst([row])).toEqual(['TTFT: nginx 30 ms; Zephyr 20 ms']);
  });

  it('is silent about a draw, and about nothing in between', () => {
    expect(notFirst([rowOf({ direct: 0.1, nginx: 1.99, Zephyr: 2 })])).toEqual([]);
  });

  it('a failure of ours ranks behind any success, a failure of others is not ahead', () => {
    const cells = new Map([
      ['nginx', { text: '1 ms', value: 1 }],
      ['LiteLLM', { text: 'failed (no answer)' }],
      ['Zephyr', { text: 'failed (status 500)' }],
    ]);
    expect(notFirst([{ what: 'TTFT', cells }])).toEqual([
      'TTFT: nginx 1 ms; Zephyr failed (status 500)',
    ]);
  });
});

it('a table has a column for each peer, empty if it was not measured', () => {
  expect(tableOf('', [rowOf({ nginx: 1, Zephyr: 2 })], ['direct', 'nginx', 'Zephyr'])).toBe(
    '|  | direct | nginx | Zephyr |\n|---|---|---|---|\n| TTFT |  | 1 ms | 2 ms |',
  );
});

it('a line to quote begins with us and leaves out nothing in between', () => {
  expect(inOneLine(rowOf({ direct: 0, nginx: 1, Zephyr: 2 }))).toBe(
    'TTFT: Zephyr 2 ms, nginx 1 ms',
  );
});

it('a line to quote is Chinese in the Chinese README', () => {
  const line =
    '丢失: Zephyr 26 of 8451, nginx failed (status 500), HAProxy serves no stream, ' +
    'LiteLLM failed (500 of 1000 streams begin within 19 s)';
  expect(inChinese(line)).toBe(
    '丢失：Zephyr 26/8451，nginx 失败（状态码 500），HAProxy 不支持流式响应，' +
      'LiteLLM 失败（1000 个流中只有 500 个在 19 秒内开始）',
  );
});
