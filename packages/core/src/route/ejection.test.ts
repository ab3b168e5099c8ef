import type { FailureClass } from '@zephyr/contract/failure';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  afterFailure,
  afterSuccess,
  type Blame,
  type Ejection,
  type EjectionPolicy,
  ejectionAt,
  FULL_WIDTH,
  isSilentSince,
  NO_DOUBT,
  NOT_EJECTED,
  recover,
  remainingMs,
} from './ejection.ts';

const policy: EjectionPolicy = {
  failuresToEject: 2,
  baseMs: 10_000,
  maxMs: 300_000,
  maxCoolDownMs: 1_800_000,
};
const CERTAIN = { kind: 'certain' } as const;
const provenBy = (caller: string) => ({ kind: 'proven', caller }) as const;
const PROVEN = provenBy('a');
const by = (caller: string, isAnsweredElsewhere = false) =>
  ({ kind: 'request', caller, isAnsweredElsewhere }) as const;

function failing(
  evidence: readonly Blame['evidence'][],
  options: {
    failure?: FailureClass;
    random?: number;
    from?: Ejection;
    nowMs?: number;
    isAlone?: boolean;
    isFailingElsewhere?: boolean;
  } = {},
): Ejection {
  const { failure = 'server_error', random = 0.5, from = NOT_EJECTED, nowMs = 1_000 } = options;
  const { isAlone = true, isFailingElsewhere = false } = options;
  const about = { failure, isAlone, isFailingElsewhere, random, nowMs };
  return evidence.reduce(
    (state, each) => afterFailure(state, { ...about, evidence: each }, policy),
    from,
  );
}

describe('afterFailure', () => {
  const cases: readonly {
    name: string;
    evidence: readonly Blame['evidence'][];
    status: Ejection['status'];
  }[] = [
    { name: 'a certain one ejects', evidence: [CERTAIN], status: 'ejected' },
    { name: 'a proven one does not', evidence: [PROVEN], status: 'admitted' },
    { name: 'two do', evidence: [PROVEN, PROVEN], status: 'ejected' },
    { name: 'two of different people do', evidence: [by('a'), by('b')], status: 'ejected' },
    {
      name: 'one person’s do not, however many',
      evidence: Array(50).fill(by('a')),
      status: 'admitted',
    },
    {
      name: 'but eight consecutive ones that were answered elsewhere do',
      evidence: Array(8).fill(by('a', true)),
      status: 'ejected',
    },
    {
      name: 'seven do not',
      evidence: Array(7).fill(by('a', true)),
      status: 'admitted',
    },
    {
      name: 'a proven one and one of a request do',
      evidence: [PROVEN, by('a')],
      status: 'ejected',
    },
  ];
  it.each(cases)('$name', ({ evidence, status }) => {
    expect(failing(evidence).status).toBe(status);
  });

  it.each([
    { name: 'one person’s do not', evidence: Array(7).fill(PROVEN), status: 'admitted' },
    { name: 'two people’s do', evidence: [PROVEN, provenBy('b')], status: 'ejected' },
    {
      name: 'one person’s of two kinds do not',
      evidence: [PROVEN, by('a', true)],
      status: 'admitted',
    },
    {
      name: 'a proven one and another person’s error do',
      evidence: [PROVEN, by('b')],
      status: 'ejected',
    },
  ])('while others are served well: $name', ({ evidence, status }) => {
    expect(failing(evidence, { isAlone: false }).status).toBe(status);
  });

  it.each([
    { name: 'a cut', evidence: PROVEN, status: 'half_open' },
    { name: 'an error', evidence: by('a'), status: 'half_open' },
    { name: 'an error that another one answered', evidence: by('a', true), status: 'half_open' },
    { name: 'a refused connection', evidence: CERTAIN, status: 'ejected' },
  ])('half-open, of a person whom another one fails too while it serves others: $name', (trial) => {
    const from = recover(failing([CERTAIN]));
    const { evidence, status } = trial;
    expect(failing([evidence], { from, isFailingElsewhere: true }).status).toBe(status);
    expect(failing([evidence], { from }).status).toBe('ejected');
  });

  it('counts from the last good answer', () => {
    const doubted = afterSuccess(failing([PROVEN]), 2_000);
    expect(failing([PROVEN], { from: doubted }).status).toBe('admitted');
  });

  it.each([
    ['server_error', 10_000],
    ['token_refused', 60_000],
    ['credit', 1_800_000],
  ] as const)('%s ejects for %i ms at first', (failure, ms) => {
    expect(remainingMs(failing([CERTAIN], { failure }), 1_000)).toBe(ms);
  });

  it('spreads the return of many proxies', () => {
    expect(remainingMs(failing([CERTAIN], { random: 0 }), 1_000)).toBe(8_000);
    expect(remainingMs(failing([CERTAIN], { random: 0.999_999 }), 1_000)).toBeCloseTo(12_000, 0);
  });

  it.each([
    { failure: 'server_error', ms: 10_000, maxMs: 300_000 },
    { failure: 'token_refused', ms: 60_000, maxMs: 1_800_000 },
    { failure: 'credit', ms: 1_800_000, maxMs: 1_800_000 },
  ] as const)('$failure: twice as long each time, spread by a fifth', ({ failure, ms, maxMs }) => {
    for (let ejections = 0; ejections < 8; ejections += 1) {
      const from: Ejection = { status: 'half_open', failure, width: 1, ejections };
      const expectedMs = Math.min(ms * 2 ** ejections, maxMs);
      for (const [random, spread] of [
        [0, 0.8],
        [0.5, 1],
        [0.75, 1.1],
      ] as const) {
        const state = failing([CERTAIN], { failure, random, from });
        expect(remainingMs(state, 1_000)).toBeCloseTo(expectedMs * spread, 6);
      }
    }
  });

  it('an ejection is not extended by failures meanwhile', () => {
    const state = failing([CERTAIN]);
    const later = { from: state, nowMs: 2_000, failure: 'connection_refused' } as const;
    expect(failing([CERTAIN], later)).toEqual({
      ...state,
      failedAtMs: 2_000,
      lastFailure: 'connection_refused',
    });
  });

  it.each([
    { ejections: 2, afterMs: 299_999, ms: 40_000 },
    { ejections: 2, afterMs: 300_000, ms: 20_000 },
    { ejections: 2, afterMs: 600_000, ms: 10_000 },
    { ejections: 1, afterMs: 9_000_000, ms: 10_000 },
  ])(
    'of $ejections ejections, after $afterMs ms in service: $ms ms',
    ({ ejections, afterMs, ms }) => {
      const admittedAtMs = 50_000;
      const from: Ejection = { status: 'admitted', doubt: NO_DOUBT, ejections, admittedAtMs };
      const nowMs = admittedAtMs + afterMs;
      expect(remainingMs(failing([CERTAIN], { from, nowMs }), nowMs)).toBe(ms);
    },
  );

  it('has no time left if it admits requests, or once the time has passed', () => {
    expect(remainingMs(NOT_EJECTED, 0)).toBe(0);
    expect(remainingMs(failing([CERTAIN]), 11_001)).toBe(0);
  });

  it('ejects for longer with each repeat, and forgets one after five minutes', () => {
    const second = failing([CERTAIN], { from: failing([CERTAIN]), nowMs: 20_000 });
    expect(remainingMs(second, 20_000)).toBe(20_000);
    const back: Ejection = { status: 'admitted', doubt: NO_DOUBT, ejections: 2, admittedAtMs: 0 };
    const later = failing([CERTAIN], { from: back, nowMs: 300_000 });
    expect(remainingMs(later, 300_000)).toBe(20_000);
  });
});

describe('the way back', () => {
  it('opens wider with each good answer, until all are admitted', () => {
    let state = ejectionAt(failing([CERTAIN]), 11_000);
    const widths: (number | string)[] = [];
    while (state.status === 'half_open') {
      widths.push(state.width);
      state = afterSuccess(state, 11_000);
    }
    expect(widths).toEqual([1, 2, 4, 8]);
    expect(state.status).toBe('admitted');
  });

  it('a failure while half-open ejects again', () => {
    const state = ejectionAt(failing([CERTAIN]), 11_000);
    expect(failing([by('a')], { from: state, nowMs: 11_000 }).status).toBe('ejected');
  });

  it('evidence from elsewhere ends an ejection before its time', () => {
    expect(recover(failing([CERTAIN]))).toMatchObject({ status: 'half_open', width: 1 });
    expect(recover(NOT_EJECTED)).toBe(NOT_EJECTED);
  });

  it('a good answer ends a doubt, and changes nothing if there is none', () => {
    for (const evidence of [PROVEN, by('a')]) {
      expect(afterSuccess(failing([evidence]), 2_000)).toEqual(NOT_EJECTED);
    }
    expect(afterSuccess(NOT_EJECTED, 2_000)).toBe(NOT_EJECTED);
  });

  it('an admitted one keeps its ejections, from that moment', () => {
    const last: Ejection = { status: 'half_open', failure: 'reset', width: 8, ejections: 3 };
    expect(afterSuccess(last, 7_000)).toEqual({
      ...{ status: 'admitted', doubt: NO_DOUBT, ejections: 3, admittedAtMs: 7_000 },
    });
  });

  it('is half-open once its time has passed', () => {
    const state = failing([CERTAIN]);
    expect(ejectionAt(state, 10_999)).toBe(state);
    expect(ejectionAt(state, 11_000)).toMatchObject({
      status: 'half_open',
      width: 1,
      ejections: 1,
    });
    expect(ejectionAt(NOT_EJECTED, 11_000)).toBe(NOT_EJECTED);
  });

  it('has been silent since a moment if it later failed others by silence', () => {
    const silent = failing([CERTAIN], { failure: 'first_byte_timeout' });
    expect([0, 999, 1_000].map((sentAtMs) => isSilentSince(silent, sentAtMs))).toEqual([
      ...[true, true, false],
    ]);
    expect(isSilentSince(failing([CERTAIN], { failure: 'reset' }), 0)).toBe(false);
    expect(isSilentSince(ejectionAt(silent, 11_000), 0)).toBe(false);
    expect(isSilentSince(NOT_EJECTED, -1)).toBe(false);
  });

  it('a good answer from an ejected endpoint does so too', () => {
    expect(afterSuccess(failing([CERTAIN]), 1_001)).toMatchObject({
      status: 'half_open',
      width: 2,
    });
  });

  it('whatever happened, enough consecutive good answers admit all again', () => {
    const step = fc.record({
      failure: fc.constantFrom<FailureClass>('reset', 'server_error', 'token_refused', 'credit'),
      evidence: fc.constantFrom(CERTAIN, PROVEN, by('a'), by('b')),
      ...{ isAlone: fc.boolean(), isFailingElsewhere: fc.boolean() },
      random: fc.double({ min: 0, max: 0.999, noNaN: true }),
      nowMs: fc.nat(10_000_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let state = steps.reduce<Ejection>(
          (s, blame) => afterFailure(s, blame, policy),
          NOT_EJECTED,
        );
        for (let good = 0; good < Math.log2(FULL_WIDTH) + 1; good += 1) {
          state = afterSuccess(state, 10_000_000);
        }
        expect(state.status).toBe('admitted');
      }),
    );
  });
});
