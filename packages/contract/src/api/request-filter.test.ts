import { describe, expect, it } from 'vitest';
import { REQUEST_OUTCOMES } from '../usage/usage.ts';
import { hasFailed, isWanted } from './request-filter.ts';

const RECORD = {
  id: 'zephyr_1',
  endpointRequestId: 'req_1',
  person: 'ann',
  outcome: 'ok',
} as const;

describe('the filter', () => {
  it('counts failures as the ledger does: all but complete answers and clients that disconnected', () => {
    const failed = REQUEST_OUTCOMES.filter((outcome) => hasFailed({ outcome }));
    expect(failed).toEqual(['passed', 'failed', 'cut', 'too_large', 'timed_out']);
  });

  it.each([
    [{}, true],
    [{ person: 'ann' }, true],
    [{ person: 'ben' }, false],
    [{ failed: true }, false],
    [{ id: 'zephyr_1' }, true],
    [{ id: 'req_1' }, true],
    [{ id: 'req_2' }, false],
    [{ person: 'ben', id: 'req_1' }, false],
  ])('%j of a good request of ann: %s', (filter, expected) => {
    expect(isWanted(RECORD, filter)).toBe(expected);
  });

  it('finds a failed one', () => {
    expect(isWanted({ ...RECORD, outcome: 'cut' }, { failed: true })).toBe(true);
  });
});
