import { describe, expect, it } from 'vitest';

import { A, Scenario } from '../test-support/scenario.ts';
import { epochMs } from '../types.ts';
import { assess } from './assessment.ts';

describe('assess', () => {
  it.each([
    { failure: 'reset', code: 'ejected' },
    { failure: 'token_refused', code: 'ejected' },
    { failure: 'overloaded', code: 'cooling_down' },
    { failure: 'rate_limited', code: 'cooling_down' },
  ] as const)('an endpoint that is ejected for $failure is $code', ({ failure, code }) => {
    const { world, policy } = new Scenario().receive({
      kind: 'presence',
      report: {
        proxyId: 'p1',
        status: 'serving',
        activeRequests: {},
        ejections: { [A]: { status: 'ejected', failure, remainingMs: 9_000 } },
      },
    });
    const [first] = assess(world, epochMs(0), policy);
    expect(first).toMatchObject({
      unavailable: [code],
      ejection: { status: 'ejected', failure, untilAtMs: 9_000 },
    });
  });
});
