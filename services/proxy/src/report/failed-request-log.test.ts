import type { RequestOutcome } from '@zephyr/contract/usage/usage';
import type { Logger } from '@zephyr/runtime/logger';
import { describe, expect, it } from 'vitest';
import { FailedRequests, hasLine } from './failed-request-log.ts';

function rig() {
  const lines: [string, object][] = [];
  const log = {
    info: (fields: object) => lines.push(['info', fields]),
    warn: (fields: object) => lines.push(['warn', fields]),
  } as unknown as Logger;
  return { lines, failed: new FailedRequests(log) };
}

const REQUEST = { endpointId: 'hk', failure: 'server_error', attempts: 2, tookMs: 12.6 } as const;

describe('FailedRequests', () => {
  it.each<[RequestOutcome, string | undefined]>([
    ['failed', 'warn'],
    ['cut', 'warn'],
    ['timed_out', 'warn'],
    ['passed', 'info'],
    ['ok', undefined],
    ['client_gone', undefined],
    ['too_large', undefined],
  ])('logs %s as %s', (outcome, level) => {
    const { lines, failed } = rig();
    if (hasLine(outcome)) failed.note(outcome, REQUEST, 0);
    const line = [level, { ...REQUEST, outcome, tookMs: 13 }];
    expect(lines).toEqual(level === undefined ? [] : [line]);
  });

  it('only counts a flood, and reports the number with the next line', () => {
    const { lines, failed } = rig();
    for (let count = 0; count < 100; count += 1) failed.note('failed', REQUEST, 10);
    expect(lines).toHaveLength(5);
    failed.note('failed', REQUEST, 1_010);
    failed.note('failed', REQUEST, 1_011);
    expect(lines.slice(5).map(([, fields]) => fields)).toEqual([
      expect.objectContaining({ moreBefore: 95 }),
      expect.not.objectContaining({ moreBefore: expect.anything() }),
    ]);
  });
});
