import { stripVTControlCharacters } from 'node:util';

import { inventedHistory, inventedState } from '@zephyr/testkit/invented-world';
import { renderToString } from 'ink';
import { createElement } from 'react';
import { describe, expect, it } from 'vitest';

import { initialModel, type Model, update } from './model.ts';
import { View } from './view.ts';

const NOW_MS = Date.parse('2026-01-02T12:00:00Z');

function modelIn(language: 'en' | 'zh'): Model {
  const state = update(
    initialModel('http://127.0.0.1:8081', language),
    { kind: 'state', state: inventedState(NOW_MS) },
    NOW_MS,
  );
  const history = { kind: 'history', history: inventedHistory(NOW_MS) } as const;
  return update(state.model, history, NOW_MS).model;
}

function screen(model: Model, columns: number, rows: number): string[] {
  const picture = renderToString(createElement(View, { model, size: { columns, rows } }), {
    columns,
  });
  return stripVTControlCharacters(picture).split('\n');
}

/** Columns of a terminal: Chinese characters and their punctuation take two. */
const widthOf = (line: string): number =>
  [...line].reduce(
    (sum, character) => sum + (/[\u2e80-\u9fff\uff00-\uff60]/u.test(character) ? 2 : 1),
    0,
  );

describe.each(['en', 'zh'] as const)('the picture in %s', (language) => {
  it.each([
    [40, 10],
    [52, 14],
    [66, 20],
    [80, 24],
    [132, 43],
    [250, 70],
  ])('fits into %d × %d', (columns, rows) => {
    const lines = screen(modelIn(language), columns, rows);
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
  });

  it('keeps the columns of the table straight', () => {
    const lines = screen(modelIn(language), 100, 30);
    const rows = lines.filter((line) => /^ [▸ ] [●○×]/.test(line));
    expect(rows).toHaveLength(4);
    // The last column ends at the same place in each row.
    expect(new Set(rows.map((line) => widthOf(line.trimEnd()))).size).toBe(1);
  });
});

describe('the picture', () => {
  it('keeps the chosen endpoint in sight where there is little room', () => {
    let model = modelIn('en');
    for (let step = 0; step < 3; step += 1) {
      model = update(model, { kind: 'key', key: 'down' }, NOW_MS).model;
    }
    const chosen = screen(model, 60, 12).find((line) => line.includes('▸'));
    expect(chosen).toContain('backup-eu');
  });

  it('scrolls with the chosen one of many endpoints, and says which part is shown', () => {
    const state = inventedState(NOW_MS);
    const [original] = state.endpoints;
    const endpoints = Array.from({ length: 24 }, (_, index) => ({
      ...(original ?? expect.unreachable()),
      id: `endpoint-${index}`,
      name: `华南备用线路（深圳第二机房）${index}`,
      rank: index,
    }));
    const message = { kind: 'state', state: { ...state, endpoints } } as const;
    let model = update(modelIn('zh'), message, NOW_MS).model;
    const tableOf = (lines: readonly string[]) =>
      lines.filter((line) => /^ [▸ ] [●○×]/.test(line)).length;
    expect(screen(model, 80, 24).join('\n')).toContain('1–14/24');
    for (let step = 0; step < 23; step += 1) {
      model = update(model, { kind: 'key', key: 'down' }, NOW_MS).model;
    }
    const last = screen(model, 80, 24);
    expect(last.join('\n')).toContain('11–24/24');
    expect(tableOf(last)).toBe(14);
    expect(last.filter((line) => line.includes('▸'))).toHaveLength(1);
    for (const line of last) expect(widthOf(line), line).toBeLessThanOrEqual(80);
  });

  it('says that it is too small below 40 × 10', () => {
    expect(screen(modelIn('en'), 30, 8)[0]).toContain('The terminal is too sm');
  });

  it('shows the question in place of the keys', () => {
    const asked = update(modelIn('en'), { kind: 'key', key: 'enter' }, NOW_MS).model;
    const lines = screen(asked, 100, 24).filter((line) => line.trim() !== '');
    expect(lines.at(-1)).toContain('Switch to manual mode and pin instcopilot-hk?');
  });
});
