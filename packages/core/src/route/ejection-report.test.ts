import { describe, expect, it } from 'vitest';

import { endpointId } from '../types.ts';
import { type Ejection, NOT_EJECTED } from './ejection.ts';
import {
  ejectionReportOf,
  ejectionReports,
  programEjection,
  reportedEjection,
} from './ejection-report.ts';

const EJECTED: Ejection = {
  ...{ status: 'ejected', failure: 'reset', untilAtMs: 9_000.4 },
  ...{ failedAtMs: 2_000, lastFailure: 'dns', ejections: 1 },
};
const HALF_OPEN: Ejection = { status: 'half_open', failure: 'dns', width: 2, ejections: 1 };

describe('a report of an ejection', () => {
  it.each([
    ['admitted', NOT_EJECTED, undefined, { status: 'admitted' }, { status: 'admitted' }],
    [
      'ejected',
      EJECTED,
      { status: 'ejected', failure: 'reset', remainingMs: 8_000 },
      { status: 'ejected', failure: 'reset', untilAtMs: 508_000 },
      { status: 'ejected', failure: 'reset', retry_in_ms: 8_000 },
    ],
    [
      'half-open',
      HALF_OPEN,
      { status: 'half_open', failure: 'dns', remainingMs: 0 },
      { status: 'half_open', failure: 'dns' },
      { status: 'half_open', failure: 'dns' },
    ],
  ] as const)(
    '%s: is read as it was written, by another clock',
    (_, ejection, report, state, program) => {
      expect(ejectionReportOf(ejection, 1_000)).toEqual(report);
      expect(reportedEjection(report, 500_000)).toEqual(state);
      expect(programEjection(report)).toEqual(program);
    },
  );

  it('lists no admitted endpoint', () => {
    const states: Record<string, Ejection> = { a: NOT_EJECTED, b: HALF_OPEN };
    const ids = ['a', 'b'].map(endpointId);
    const reports = ejectionReports(ids, (id) => states[id] ?? NOT_EJECTED, 0);
    expect(Object.keys(reports)).toEqual(['b']);
  });
});
