import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  abandonTrial,
  admission,
  afterFailure,
  afterSuccess,
  beginTrial,
  type EjectionPolicy,
  IN_SERVICE,
  type LocalHealth,
  remainingMs,
} from './ejection.ts';
import { FAILURE_CLASSES, type FailureClass } from './types.ts';

const policy: EjectionPolicy = {
  failuresToEject: 2,
  baseMs: 10_000,
  maxMs: 300_000,
  maxCoolDownMs: 1_800_000,
};

function failing(
  failure: FailureClass,
  options: { times?: number; random?: number; retryAfterMs?: number; from?: LocalHealth } = {},
): LocalHealth {
  let health = options.from ?? IN_SERVICE;
  for (let time = 0; time < (options.times ?? 1); time += 1) {
    const { random = 0.5, retryAfterMs } = options;
    health = afterFailure(health, { failure, random, retryAfterMs, nowMs: 1_000 }, policy);
  }
  return health;
}

describe('afterFailure', () => {
  const cases: readonly {
    name: string;
    failure: FailureClass;
    times?: number;
    retryAfterMs?: number;
    outForMs: number | undefined;
  }[] = [
    { name: 'a refused connection ejects at once', failure: 'refused', outForMs: 10_000 },
    { name: 'a failed name lookup ejects at once', failure: 'dns', outForMs: 10_000 },
    { name: 'one reset does not eject', failure: 'reset', outForMs: undefined },
    { name: 'two resets do', failure: 'reset', times: 2, outForMs: 10_000 },
    { name: 'two 500s do', failure: 'server_error', times: 2, outForMs: 10_000 },
    { name: 'a 529 cools down for a spread moment', failure: 'overloaded', outForMs: 10_000 },
    { name: 'a 429 without a time, half a minute', failure: 'rate_limited', outForMs: 30_000 },
    {
      name: 'a 429 with a time, at least that',
      failure: 'rate_limited',
      retryAfterMs: 7_000,
      outForMs: 7_350,
    },
    {
      name: 'a time of days is capped',
      failure: 'rate_limited',
      retryAfterMs: 7 * 86_400_000,
      outForMs: 1_890_000,
    },
    { name: 'a refused token, a minute', failure: 'token_refused', outForMs: 60_000 },
    { name: 'a spent account, the longest', failure: 'credit', outForMs: 1_800_000 },
    { name: "the client's mistakes never", failure: 'client_error', times: 9, outForMs: undefined },
    { name: 'our own machine never', failure: 'cli_missing', times: 9, outForMs: undefined },
  ];
  it.each(cases)('$name', ({ failure, outForMs, ...options }) => {
    const health = failing(failure, options);
    expect(health.status === 'out' ? Math.round(remainingMs(health, 1_000)) : undefined).toBe(
      outForMs,
    );
  });

  it('doubles with each repeat up to the longest', () => {
    const times: number[] = [];
    let health = failing('refused');
    for (let round = 0; round < 8; round += 1) {
      times.push(remainingMs(health, 1_000));
      health = failing('refused', { from: beginTrial(health, 1_000) });
    }
    expect(times).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
  });

  it('counts failures in a row only', () => {
    const once = failing('reset');
    expect(failing('reset', { from: afterSuccess(once, 2_000) }).status).toBe('in_service');
  });

  it('does not prolong an ejection by late failures, unless a time is named', () => {
    const out = failing('refused');
    expect(failing('reset', { from: out })).toBe(out);
    const limited = failing('rate_limited', { from: out, retryAfterMs: 60_000 });
    expect(remainingMs(limited, 1_000)).toBe(60_000);
  });
});

describe('the way back', () => {
  it('admits one trial when the time has passed', () => {
    const out = failing('refused');
    expect(admission(out, 10_999)).toBe('closed');
    expect(admission(out, 11_000)).toBe('trial');
    expect(admission(beginTrial(out, 11_000), 11_001)).toBe('closed');
  });

  it('is open after one success', () => {
    const trial = beginTrial(failing('refused'), 11_000);
    expect(admission(afterSuccess(trial, 11_100), 11_100)).toBe('open');
  });

  it('is open for the next trial when the client of the last one went away', () => {
    const trial = beginTrial(failing('refused'), 11_000);
    expect(admission(abandonTrial(trial, 11_050), 11_050)).toBe('trial');
  });

  it('is not begun by the late success of an older request', () => {
    const out = failing('refused');
    expect(afterSuccess(out, 2_000)).toBe(out);
  });

  it('forgets one strike in five minutes of service', () => {
    const back = afterSuccess(beginTrial(failing('refused'), 11_000), 12_000);
    const soon = afterFailure(back, { failure: 'refused', random: 0.5, nowMs: 20_000 }, policy);
    const late = afterFailure(back, { failure: 'refused', random: 0.5, nowMs: 400_000 }, policy);
    expect(remainingMs(soon, 20_000)).toBe(20_000);
    expect(remainingMs(late, 400_000)).toBe(10_000);
  });
});

describe('whatever happens', () => {
  type Happening = (health: LocalHealth, nowMs: number) => LocalHealth;
  const random = fc.double({ min: 0, max: 0.999, noNaN: true });
  const failures = fc
    .record({
      failure: fc.constantFrom(...FAILURE_CLASSES),
      retryAfterMs: fc.option(fc.nat(10_000_000), { nil: undefined }),
      random,
    })
    .map((input): Happening => {
      return (health, nowMs) => afterFailure(health, { ...input, nowMs }, policy);
    });
  const trial: Happening = (health, nowMs) =>
    admission(health, nowMs) === 'closed' ? health : beginTrial(health, nowMs);
  const happenings = fc.oneof(failures, fc.constantFrom(afterSuccess, abandonTrial, trial));
  const steps = fc.array(fc.tuple(fc.nat(400_000), happenings), { maxLength: 60 });

  it('an endpoint may always be tried again within the longest time', () => {
    fc.assert(
      fc.property(steps, (moments) => {
        let health: LocalHealth = IN_SERVICE;
        let nowMs = 0;
        for (const [waitMs, happens] of moments) {
          nowMs += waitMs;
          health = happens(health, nowMs);
          expect(remainingMs(health, nowMs)).toBeLessThanOrEqual(policy.maxCoolDownMs * 1.1);
        }
      }),
    );
  });
});
