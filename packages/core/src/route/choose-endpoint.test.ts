import type { EndpointId } from '@zephyr/contract/scalars';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointId } from '../types.ts';

import { type Candidate, type ChoiceInput, chooseEndpoint } from './choose-endpoint.ts';
import { type Ejection, NOT_EJECTED } from './ejection.ts';
import { type ModelLimit, NO_LIMIT } from './throttling.ts';

const NOW_MS = 10_000;
const ejected = (
  untilAtMs: number,
  parts: Partial<Extract<Ejection, { status: 'ejected' }>> = {},
): Ejection => {
  const { failure = 'reset' } = parts;
  const known = { status: 'ejected', failure, untilAtMs, failedAtMs: 0, ejections: 1 } as const;
  return { ...known, lastFailure: failure, ...parts };
};
const refusingSince = (failedAtMs: number, parts = {}): Ejection =>
  ejected(NOW_MS + 9_000, {
    failure: 'connection_refused',
    lastFailure: 'connection_refused',
    failedAtMs,
    ...parts,
  });
const halfOpen = (width: number): Ejection => ({
  ...{ status: 'half_open', failure: 'reset', width, ejections: 1 },
});
const named = (status: 'claimed' | 'repeated' | 'confirmed', untilAtMs: number): ModelLimit => ({
  ...NO_LIMIT,
  named: { status, untilAtMs, failure: 'rate_limited', caller: 's', fingerprint: 'f' },
});
const denying: ModelLimit = {
  ...NO_LIMIT,
  denial: { status: 'confirmed', caller: 's', untilAtMs: NOW_MS + 1 },
};
const shedding: ModelLimit = { ...NO_LIMIT, asked: 1_000, answered: 0, atMs: NOW_MS };

const candidate = (id: string, parts: Partial<Candidate> = {}): Candidate => ({
  ...{ id: endpointId(id), groupName: 'g', enabled: true, available: true },
  ...{
    ejection: NOT_EJECTED,
    limit: NO_LIMIT,
    isForeign: false,
    isLackingOperation: false,
    hasFailedCaller: false,
    trials: 0,
    trialFailedAtMs: undefined,
    silentForMs: 0,
    failingAtMs: undefined,
  },
  ...parts,
});

/** The ids in the order of trial, and why it ends. */
function asked(candidates: readonly Candidate[], parts: Partial<ChoiceInput> = {}): string {
  const tried = new Set<EndpointId>();
  const order: string[] = [];
  for (;;) {
    const choice = chooseEndpoint({
      caller: 's',
      ...{ candidates, tried, failedGroups: new Map(), isOverloadedEverywhere: false },
      ...{ random: 0.5, nowMs: NOW_MS },
      ...parts,
    });
    if (choice.kind === 'none') return [...order, `(${choice.why})`].join(' ');
    order.push(choice.id);
    tried.add(choice.id);
  }
}

describe('chooseEndpoint', () => {
  const cases: readonly {
    name: string;
    candidates: Candidate[];
    order: string;
    parts?: Partial<ChoiceInput>;
  }[] = [
    {
      name: 'in the order of preference',
      candidates: [candidate('a'), candidate('b')],
      order: 'a b (asked)',
    },
    {
      name: 'the session stays where its cache is',
      candidates: [candidate('a'), candidate('b')],
      parts: { preferredId: endpointId('b') },
      order: 'b a (asked)',
    },
    {
      name: 'but not at an ejected endpoint',
      candidates: [candidate('a'), candidate('b', { ejection: ejected(NOW_MS + 1) })],
      parts: { preferredId: endpointId('b') },
      order: 'a b (asked)',
    },
    {
      name: 'ejected ones are tried last, the one with the oldest failure first',
      candidates: [
        candidate('a', { ejection: ejected(NOW_MS + 2_000, { failedAtMs: NOW_MS - 1 }) }),
        candidate('b', { ejection: ejected(NOW_MS + 9_000, { failedAtMs: NOW_MS - 9 }) }),
        candidate('c'),
      ],
      order: 'c b a (asked)',
    },
    {
      name: 'one that cuts answers comes after those: no other endpoint can be tried after it',
      candidates: [
        candidate('a', { ejection: ejected(NOW_MS + 1, { failure: 'truncated' }) }),
        candidate('b', { ejection: ejected(NOW_MS + 9_000, { failedAtMs: NOW_MS }) }),
      ],
      order: 'b a (asked)',
    },
    {
      name: 'one that is silent to its trials comes after the others',
      candidates: [
        candidate('a', { ejection: ejected(NOW_MS + 1), silentForMs: 1_000 }),
        candidate('b', { ejection: ejected(NOW_MS + 1, { failedAtMs: NOW_MS }) }),
      ],
      order: 'b a (asked)',
    },
    {
      name: 'one that refused a connection comes before other failures: trying it is free',
      candidates: [
        candidate('a', { ejection: ejected(NOW_MS + 1) }),
        candidate('b', { available: false }),
        candidate('c', { ejection: refusingSince(NOW_MS - 1_000) }),
        candidate('d'),
      ],
      order: 'd c b a (asked)',
    },
    {
      name: 'but not within the next second',
      candidates: [
        candidate('a', { ejection: refusingSince(NOW_MS - 999) }),
        candidate('b', { ejection: ejected(NOW_MS + 1) }),
      ],
      order: 'b a (asked)',
    },
    {
      name: 'nor if it now accepts, but is silent',
      candidates: [
        candidate('a', { ejection: refusingSince(NOW_MS - 1_000), silentForMs: 1_000 }),
        candidate('b', { ejection: ejected(NOW_MS + 1, { failedAtMs: NOW_MS }) }),
      ],
      order: 'b a (asked)',
    },
    {
      name: 'nor if it has since failed otherwise: that was a delivery',
      candidates: [
        candidate('a', { ejection: refusingSince(NOW_MS - 1_000, { lastFailure: 'reset' }) }),
        candidate('b', { ejection: ejected(NOW_MS + 1) }),
      ],
      order: 'b a (asked)',
    },
    {
      name: 'one that cut answers and now refuses is tried for free too',
      candidates: [
        candidate('a', { ejection: ejected(NOW_MS + 1) }),
        candidate('b', { ejection: refusingSince(NOW_MS - 1_000, { failure: 'truncated' }) }),
      ],
      order: 'b a (asked)',
    },
    {
      name: 'after an ejection it has its place again',
      candidates: [candidate('a', { ejection: ejected(NOW_MS) }), candidate('b')],
      order: 'a b (asked)',
    },
    {
      name: 'a half-open one gets as many as its width, and more only if there is nothing else',
      candidates: [candidate('a', { ejection: halfOpen(2), trials: 2 }), candidate('b')],
      order: 'b a (asked)',
    },
    {
      name: 'with room it has its place',
      candidates: [candidate('a', { ejection: halfOpen(2), trials: 1 }), candidate('b')],
      order: 'a b (asked)',
    },
    {
      name: 'one that the controller considers unavailable comes before one that failed here',
      candidates: [
        candidate('a', { ejection: ejected(NOW_MS + 1) }),
        candidate('b', { available: false }),
        candidate('c'),
      ],
      order: 'c b a (asked)',
    },
    {
      name: 'disabled ones are never tried',
      candidates: [candidate('a', { enabled: false }), candidate('b')],
      order: 'b (asked)',
    },
    { name: 'all disabled', candidates: [candidate('a', { enabled: false })], order: '(disabled)' },
    {
      name: 'a wait requested of more than one person applies',
      candidates: [candidate('a', { limit: named('confirmed', NOW_MS + 1) }), candidate('b')],
      order: 'b (limited)',
    },
    {
      name: 'and one requested of this person twice',
      candidates: [candidate('a', { limit: named('repeated', NOW_MS + 1) }), candidate('b')],
      order: 'b (limited)',
    },
    {
      name: 'but not to another person, for whom it is tried after the others',
      candidates: [candidate('a', { limit: named('repeated', NOW_MS + 1) }), candidate('b')],
      parts: { caller: 'other' },
      order: 'b a (asked)',
    },
    {
      name: 'a wait requested once puts it behind the others',
      candidates: [candidate('a', { limit: named('claimed', NOW_MS + 1) }), candidate('b')],
      order: 'b a (asked)',
    },
    {
      name: 'a denied model, a missing operation',
      candidates: [
        candidate('a', { isLackingOperation: true }),
        candidate('b', { limit: denying }),
        candidate('c', { ejection: ejected(NOW_MS + 1) }),
      ],
      order: 'c b a (asked)',
    },
    {
      name: 'a group that failed comes after the other groups',
      candidates: [candidate('a'), candidate('b'), candidate('c', { groupName: 'h' })],
      parts: { failedGroups: new Map([['g', 'fault']]) },
      order: 'c a b (asked)',
    },
    {
      name: 'unless it was only busy and the sibling has just answered',
      candidates: [
        candidate('a'),
        candidate('b', { limit: { ...NO_LIMIT, asked: 9, answered: 9, answeredAtMs: NOW_MS - 1 } }),
        candidate('c', { groupName: 'h' }),
      ],
      parts: { failedGroups: new Map([['g', 'load']]) },
      order: 'b c a (asked)',
    },
    {
      name: 'but before what is known to be bad',
      candidates: [candidate('a'), candidate('c', { groupName: 'h', available: false })],
      parts: { failedGroups: new Map([['g', 'fault']]) },
      order: 'a c (asked)',
    },
    {
      name: 'one where this person’s request just failed comes after the others',
      candidates: [
        candidate('a', { hasFailedCaller: true }),
        candidate('b', { available: false }),
        candidate('c'),
      ],
      order: 'c a b (asked)',
    },
    {
      name: 'an overloaded one gives way',
      candidates: [candidate('a', { limit: shedding }), candidate('b')],
      order: 'b a (asked)',
    },
    {
      name: 'a session too',
      candidates: [candidate('a', { limit: shedding }), candidate('b')],
      parts: { preferredId: endpointId('a') },
      order: 'b a (asked)',
    },
    {
      name: 'but not when the model is overloaded everywhere',
      candidates: [candidate('a', { limit: shedding }), candidate('b')],
      parts: { isOverloadedEverywhere: true },
      order: 'a b (asked)',
    },
  ];
  it.each(cases)('$name', ({ candidates, parts, order }) => {
    expect(asked(candidates, parts)).toBe(order);
  });

  const inFailedGroup = { groupName: 'failed' };
  const LIMITED = { limit: named('claimed', NOW_MS + 1) };
  const ranked: readonly (readonly [string, Partial<Candidate>])[] = [
    ['nothing is held against it', {}],
    ['a sibling failed', inFailedGroup],
    ['it sheds', { limit: shedding }],
    ['it failed this person', { hasFailedCaller: true }],
    ['that, and a sibling failed', { hasFailedCaller: true, ...inFailedGroup }],
    ['it refused its connection a second ago', { ejection: refusingSince(NOW_MS - 1_000) }],
    ['that, and a sibling failed', { ejection: refusingSince(NOW_MS - 1_000), ...inFailedGroup }],
    ['unavailable', { available: false }],
    ['unavailable, and a sibling failed', { available: false, ...inFailedGroup }],
    ['half-open and full', { ejection: halfOpen(2), trials: 2 }],
    ['it asked to wait once', LIMITED],
    [
      'half-open, full, and a sibling failed',
      { ejection: halfOpen(2), trials: 2, ...inFailedGroup },
    ],
    ['it asked to wait, and a sibling failed', { ...LIMITED, ...inFailedGroup }],
    ['ejected long ago', { ejection: ejected(NOW_MS + 3_600_000, { failedAtMs: -3_600_000 }) }],
    ['it failed just now', { ejection: ejected(NOW_MS + 1_000, { failedAtMs: NOW_MS }) }],
    [
      'it failed just now, and is silent',
      { ejection: ejected(NOW_MS + 1_000, { failedAtMs: NOW_MS }), silentForMs: 1_000 },
    ],
    ['ejected, and a sibling failed', { ejection: ejected(NOW_MS + 1_000), ...inFailedGroup }],
    ['ejected for cuts', { ejection: ejected(NOW_MS + 1_000, { failure: 'truncated' }) }],
    ['that, and it asked to wait once', { ejection: ejected(NOW_MS + 1_000), ...LIMITED }],
    [
      'that, and a sibling failed',
      { ejection: ejected(NOW_MS + 1_000), ...LIMITED, ...inFailedGroup },
    ],
    ['it denies the model', { limit: denying }],
    ['that, and a sibling failed', { limit: denying, ...inFailedGroup }],
    ['it lacks the operation', { isLackingOperation: true }],
    ['that, and a sibling failed', { isLackingOperation: true, ...inFailedGroup }],
  ];
  it.each(ranked.slice(1).map((worse, index) => ({ better: ranked[index] ?? worse, worse })))(
    '$better.0 comes before $worse.0, whatever the preference',
    ({ better, worse }) => {
      const candidates = [candidate('worse', worse[1]), candidate('better', better[1])];
      const parts = { failedGroups: new Map([['failed', 'fault' as const]]) };
      expect(asked(candidates, parts)).toBe('better worse (asked)');
    },
  );

  it('a retry is no trial of a half-open endpoint if another one is open', () => {
    const candidates = [candidate('half', { ejection: halfOpen(1) }), candidate('open')];
    const before = candidate('before', { ejection: refusingSince(NOW_MS - 1_000) });
    expect(asked([before, ...candidates])).toBe('half open before (asked)');
    expect(
      chooseEndpoint({
        ...{ candidates: [before, ...candidates], caller: 's', tried: new Set([before.id]) },
        ...{ failedGroups: new Map(), isOverloadedEverywhere: false, random: 0.5, nowMs: NOW_MS },
      }),
    ).toMatchObject({ id: 'open' });
  });

  describe('instead of an endpoint that is expected to fail', () => {
    const turningAway: ModelLimit = { ...shedding, inARow: 3 };
    const answering: ModelLimit = { ...NO_LIMIT, answeredAtMs: NOW_MS - 1_000 };
    const outSince = (failedAtMs: number, failure: 'reset' | 'truncated' = 'reset'): Ejection =>
      ejected(NOW_MS + 60_000, { failure, failedAtMs });
    const first = (worst: Partial<Candidate>, other: Partial<Candidate>, parts = {}) => {
      const candidates = [candidate('worst', worst), candidate('other', other)];
      const choice = chooseEndpoint({
        ...{ candidates, caller: 's', tried: new Set(), failedGroups: new Map() },
        ...{ isOverloadedEverywhere: false, random: 0, nowMs: NOW_MS, ...parts },
      });
      return choice.kind === 'send' ? `${choice.id}${choice.isTrial ? ' trial' : ''}` : choice.kind;
    };

    it.each<[string, Partial<Candidate>, Partial<Candidate>, string]>([
      [
        'one that failed longer ago',
        { limit: turningAway },
        { ejection: outSince(5_000) },
        'other trial',
      ],
      [
        'not one that failed just now',
        { limit: turningAway },
        { ejection: outSince(9_001) },
        'worst',
      ],
      [
        'not while a trial is active',
        { limit: turningAway },
        { ejection: outSince(5_000), trials: 1 },
        'worst',
      ],
      [
        'one that answers again',
        { limit: turningAway },
        { ejection: outSince(5_000), trials: 1, limit: answering },
        'other',
      ],
      [
        'not one that cuts its answers',
        { limit: turningAway },
        { ejection: outSince(5_000, 'truncated'), trials: 1, limit: answering },
        'worst',
      ],
      [
        'not one that is silent',
        { limit: turningAway },
        { ejection: outSince(5_000), trials: 1, silentForMs: 1_000, limit: answering },
        'worst',
      ],
      [
        'if it failed several in a row',
        { failingAtMs: NOW_MS - 1 },
        { ejection: outSince(5_000) },
        'other trial',
      ],
      ['not if it failed only one', {}, { ejection: outSince(5_000) }, 'worst'],
      [
        'one that cuts, rather than a refused token',
        {
          ejection: ejected(NOW_MS + 60_000, { failure: 'token_refused', failedAtMs: NOW_MS }),
          failingAtMs: NOW_MS,
        },
        { ejection: outSince(5_000, 'truncated') },
        'other trial',
      ],
      [
        'not one that denies the model',
        { limit: turningAway },
        { ejection: outSince(5_000), limit: denying },
        'worst',
      ],
      [
        'not one of another family',
        { limit: turningAway },
        { ejection: outSince(5_000), isForeign: true },
        'worst',
      ],
      [
        'one of another family if the best one is foreign too',
        { limit: turningAway, isForeign: true },
        { ejection: outSince(5_000), isForeign: true },
        'other trial',
      ],
      [
        'one that failed a second ago',
        { limit: turningAway },
        { ejection: outSince(9_000) },
        'other trial',
      ],
      [
        'not one that failed at the same time',
        { failingAtMs: 5_000 },
        { ejection: outSince(5_000) },
        'worst',
      ],
      [
        'not one that answers others and fails this person',
        { limit: turningAway },
        { ejection: outSince(5_000), limit: answering, failingAtMs: NOW_MS - 1, trials: 1 },
        'worst',
      ],
      [
        'for one that has cut answers and is half-open, if it answers again',
        { limit: turningAway },
        {
          ...{ limit: answering, trials: 1 },
          ejection: { status: 'half_open', failure: 'truncated', width: 1, ejections: 1 },
        },
        'other',
      ],
      [
        'which is itself a trial if it is half-open',
        { ejection: halfOpen(1), failingAtMs: 5_000 },
        { ejection: outSince(6_000) },
        'worst trial',
      ],
      [
        'and is none if it has the maximum number of trials',
        { ejection: halfOpen(2), trials: 2, failingAtMs: 5_000 },
        { ejection: outSince(6_000), trials: 1 },
        'worst',
      ],
      [
        'nor within a second of a failed one',
        { ejection: halfOpen(2), trialFailedAtMs: NOW_MS - 999, failingAtMs: 5_000 },
        { ejection: outSince(6_000), trials: 1 },
        'worst',
      ],
      [
        'but a second later',
        { ejection: halfOpen(2), trialFailedAtMs: NOW_MS - 1_000, failingAtMs: 5_000 },
        { ejection: outSince(6_000), trials: 1 },
        'worst trial',
      ],
      [
        'not a disabled one',
        { limit: turningAway },
        { ejection: outSince(5_000), enabled: false },
        'worst',
      ],
    ])('%s', (_name, worst, other, chosen) => {
      expect(first(worst, other)).toBe(chosen);
    });

    it.each([
      ['first', [3_000, 5_000, 4_000]],
      ['in the middle', [5_000, 3_000, 4_000]],
      ['last', [5_000, 4_000, 3_000]],
    ])('the one with the oldest failure, wherever it is: %s', (_where, failedAtMs) => {
      const candidates = [
        candidate('worst', { limit: turningAway }),
        ...failedAtMs.map((atMs) => candidate(`since ${atMs}`, { ejection: outSince(atMs) })),
      ];
      const choice = chooseEndpoint({
        ...{ candidates, caller: 's', tried: new Set(), failedGroups: new Map() },
        ...{ isOverloadedEverywhere: false, random: 0, nowMs: NOW_MS },
      });
      expect(choice).toMatchObject({ id: 'since 3000', isTrial: true });
    });

    it('not one that this request has tried', () => {
      const tried = new Set([endpointId('other')]);
      expect(first({ limit: turningAway }, { ejection: outSince(5_000) }, { tried })).toBe('worst');
    });
  });

  it('the session’s cache outweighs a failed sibling no more than the order does', () => {
    const shed = candidate('shed', { limit: shedding });
    const sibling = candidate('sibling', inFailedGroup);
    const open = candidate('open');
    const parts = { failedGroups: new Map([['failed', 'fault' as const]]) };
    const preferring = (id: string) => ({ ...parts, preferredId: endpointId(id) });
    expect(asked([open, sibling], preferring('sibling'))).toBe('open sibling (asked)');
    expect(asked([sibling, shed], preferring('shed'))).toBe('sibling shed (asked)');
    expect(asked([candidate('a'), candidate('b')], preferring('b'))).toBe('b a (asked)');
  });

  it('an endpoint without a limit is never shed, and the shed share follows the random number', () => {
    const half = { ...NO_LIMIT, asked: 99, answered: 0, atMs: NOW_MS };
    const firstOf = (limit: ModelLimit, random: number) =>
      asked([candidate('a', { limit }), candidate('b', { limit })], { random }).split(' ')[0];
    expect(firstOf(NO_LIMIT, 0)).toBe('a');
    // The share is 0.99 for both; the second number is 0.618 further on.
    expect(firstOf(half, 0.5)).toBe('a');
    expect(firstOf(half, 0.991)).toBe('a');
    expect(firstOf(half, 0.375)).toBe('b');
  });

  it('returns the shortest of the requested waits', () => {
    const limits = [named('confirmed', NOW_MS + 9_000), named('confirmed', NOW_MS + 4_000)];
    const choice = chooseEndpoint({
      caller: 's',
      candidates: limits.map((limit, index) => candidate(`e${index}`, { limit })),
      ...{ tried: new Set(), failedGroups: new Map(), isOverloadedEverywhere: false },
      ...{ random: 0, nowMs: NOW_MS },
    });
    expect(choice).toEqual({ kind: 'none', why: 'limited', retryAfterMs: 4_000 });
  });

  it('knows whether another one could be tried', () => {
    const input = {
      caller: 's',
      tried: new Set<EndpointId>(),
      failedGroups: new Map(),
      isOverloadedEverywhere: false,
      random: 0,
      nowMs: NOW_MS,
    };
    const one = candidate('a');
    expect(chooseEndpoint({ ...input, candidates: [one] })).toMatchObject({
      hasAlternative: false,
    });
    expect(
      chooseEndpoint({
        ...input,
        candidates: [one, candidate('b', { ejection: ejected(NOW_MS + 9) })],
      }),
    ).toMatchObject({ hasAlternative: true });
  });

  it('whatever is known, every enabled endpoint that asked nobody to wait is tried', () => {
    const anyCandidate = fc.record({
      groupName: fc.constantFrom('g', 'h'),
      enabled: fc.boolean(),
      available: fc.boolean(),
      ejection: fc.constantFrom(
        NOT_EJECTED,
        ejected(NOW_MS + 5),
        ejected(NOW_MS - 5),
        refusingSince(0),
        halfOpen(1),
      ),
      limit: fc.constantFrom(
        NO_LIMIT,
        shedding,
        denying,
        named('claimed', NOW_MS + 5),
        named('confirmed', NOW_MS + 5),
      ),
      isLackingOperation: fc.boolean(),
      hasFailedCaller: fc.boolean(),
      trials: fc.nat(3),
    });
    fc.assert(
      fc.property(
        fc.array(anyCandidate, { maxLength: 6 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (parts, random) => {
          const candidates = parts.map((part, index) => candidate(`e${index}`, part));
          const may = candidates.filter(
            ({ enabled, limit }) => enabled && limit.named.status !== 'confirmed',
          );
          expect(asked(candidates, { random }).split(' ').length - 1).toBe(may.length);
        },
      ),
    );
  });
});

describe('an endpoint of another signature family', () => {
  it('comes after all serving ones of the session’s family, and before those that do not serve', () => {
    const foreign = candidate('x', { isForeign: true });
    const [busy, down] = [
      candidate('a', { hasFailedCaller: true }),
      candidate('b', { available: false }),
    ];
    expect(asked([down, foreign, busy], { preferredId: endpointId('x') })).toBe('a x b (asked)');
  });
});
