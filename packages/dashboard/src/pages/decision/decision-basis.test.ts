import { describe, expect, it } from 'vitest';

import type { ShownDecision } from '../../state/decision-shown.ts';
import { comparedIn, replayCommand } from './decision-basis.ts';

const score = (totalMs: number) =>
  ({ status: 'known', totalMs }) as ShownDecision['considered'][number]['score'];
const endpoint = (
  id: string,
  totalMs: number | null,
  unavailable: ShownDecision['considered'][number]['unavailable'] = [],
) => ({
  ...{ id, unavailable, activeRequests: 0 },
  score: totalMs === null ? { status: 'unknown' as const } : score(totalMs),
});

describe('the reasons of a decision', () => {
  it('begin with the selected endpoint; unavailable ones come last', () => {
    const considered = [
      endpoint('gone', 100, ['ejected']),
      endpoint('old', 900),
      endpoint('unknown', null),
      endpoint('good', 300),
      endpoint('new', 400),
    ];
    const rows = comparedIn({ considered, fromId: 'old', toId: 'new' } as unknown as ShownDecision);
    expect(rows.map(({ id, part }) => [id, part])).toEqual([
      ['new', 'chosen'],
      ['good', 'other'],
      ['old', 'left'],
      ['unknown', 'other'],
      ['gone', 'other'],
    ]);
  });

  it.each([
    ['http://127.0.0.1:8081/', 'zephyr replay --from 12'],
    ['http://localhost:9081/', 'zephyr replay --from 12 --url http://localhost:9081'],
    ['https://zephyr.example/', 'zephyr replay --from 12 --url https://zephyr.example'],
    ['https://lan.example/zephyr/', 'zephyr replay --from 12 --url https://lan.example/zephyr'],
  ])('can be replayed from %s', (page, command) => {
    expect(replayCommand({ number: 12 }, new URL(page))).toBe(command);
  });
});
