import { stripVTControlCharacters } from 'node:util';

import type { ApiState } from '@zephyr/contract/api/api-state';
import { inventedHistory, inventedState } from '@zephyr/testkit/invented-world';
import { renderToString } from 'ink';
import { createElement } from 'react';
import widthOf from 'string-width';
import { describe, expect, it } from 'vitest';

import { initialModel, type Model } from '../model.ts';
import { update } from '../update.ts';
import { View } from './view.ts';

// The frames show local times.
process.env['TZ'] = 'UTC';
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

/** As many as a team may have, some with the same problem. */
function manyEndpoints(count: number): ApiState {
  const state = inventedState(NOW_MS);
  const active = state.selection.status === 'none' ? '' : state.selection.activeId;
  const endpoints = Array.from({ length: count }, (_, index) => {
    const original = state.endpoints[index % 4] ?? expect.unreachable();
    const id = index === 0 ? active : `endpoint-${index}`;
    const rank = original.rank === null ? null : index;
    return { ...original, id, name: `华南备用线路（深圳第二机房）${index}`, rank };
  });
  return { ...state, endpoints };
}

function withState(language: 'en' | 'zh', state: ApiState): Model {
  return update(modelIn(language), { kind: 'state', state }, NOW_MS).model;
}

const isRow = (line: string) => /^ [▸ ] [●○×]/.test(line);

describe.each(['en', 'zh'] as const)('the frames in %s', (language) => {
  it.each([
    [80, 24],
    [120, 40],
    [40, 20],
  ])('are as they were looked at: %d × %d', async (columns, rows) => {
    const size = `${columns}x${rows}-${language}.txt`;
    const frameOf = (model: Model) =>
      `${screen(model, columns, rows)
        .map((line) => line.trimEnd())
        .join('\n')}\n`;
    await expect(frameOf(modelIn(language))).toMatchFileSnapshot(`frames/steady-${size}`);
    await expect(frameOf(withState(language, manyEndpoints(24)))).toMatchFileSnapshot(
      `frames/many-${size}`,
    );
  });
});

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
    // The last column ends at the same position in each row.
    expect(new Set(rows.map((line) => widthOf(line.trimEnd()))).size).toBe(1);
  });
});

describe('the picture', () => {
  it('keeps the selected endpoint visible if there is little room', () => {
    let model = modelIn('en');
    for (let step = 0; step < 3; step += 1) {
      model = update(model, { kind: 'key', key: 'down' }, NOW_MS).model;
    }
    const chosen = screen(model, 60, 12).find((line) => line.includes('▸'));
    expect(chosen).toContain('backup-eu');
  });

  it.each(['en', 'zh'] as const)(
    'shows the chosen one of 24 on 40 × 10, the least, in %s',
    (language) => {
      const lines = screen(withState(language, manyEndpoints(24)), 40, 10);
      expect(lines.filter((line) => isRow(line) && line.includes('▸'))).toHaveLength(1);
      expect(lines.length).toBeLessThanOrEqual(10);
    },
  );

  it('shows 24 endpoints on 80 × 24, each with its figures or its reason', () => {
    const lines = screen(withState('zh', manyEndpoints(24)), 80, 24);
    const table = lines.slice(lines.findIndex((line) => line.includes('端点 24'))).join('');
    expect(table.match(/ [●○×] /g)).toHaveLength(24);
    expect(table.match(/未及时响应/g)).toHaveLength(6);
    for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(80);
  });

  it('scrolls with the selected one of many endpoints, and shows the visible range', () => {
    let model = withState('zh', manyEndpoints(24));
    expect(screen(model, 60, 24).join('\n')).toContain('1–13/24');
    for (let step = 0; step < 23; step += 1) {
      model = update(model, { kind: 'key', key: 'down' }, NOW_MS).model;
    }
    const last = screen(model, 60, 24);
    expect(last.join('\n')).toContain('12–24/24');
    expect(last.filter(isRow)).toHaveLength(13);
    expect(last.filter((line) => isRow(line) && line.includes('▸'))).toHaveLength(1);
    for (const line of last) expect(widthOf(line), line).toBeLessThanOrEqual(60);
  });

  it('shows the total if a list is truncated', () => {
    const lines = screen(modelIn('en'), 80, 27);
    const title = lines.findIndex((line) => line.includes('Active requests'));
    const [, shown, total] = /Active requests (\d+)\/(\d+)/.exec(lines[title] ?? '') ?? [];
    expect(total).toBe('5');
    expect(lines.slice(title + 1).findIndex((line) => line.trim() === '')).toBe(Number(shown));
  });

  it('names the selected one and why it cannot serve, with what to do', () => {
    let model = modelIn('en');
    for (let step = 0; step < 3; step += 1) {
      model = update(model, { kind: 'key', key: 'down' }, NOW_MS).model;
    }
    expect(screen(model, 200, 24).join('\n')).toContain(
      '▸ backup-eu: no answer in time since 11:51:40. The endpoint is slow or hangs;',
    );
  });

  it('reports that it is too small below 40 × 10', () => {
    expect(screen(modelIn('en'), 30, 8)[0]).toContain('The terminal is too sm');
  });

  it('shows the question in place of the keys', () => {
    const asked = update(modelIn('en'), { kind: 'key', key: 'enter' }, NOW_MS).model;
    const lines = screen(asked, 100, 24).filter((line) => line.trim() !== '');
    expect(lines.at(-1)).toContain('Switch to manual mode and pin instcopilot-hk?');
  });
});
