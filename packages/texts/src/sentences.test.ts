import { LANGUAGES } from '@zephyr/contract/language';
import { describe, expect, it } from 'vitest';
import { logLines } from './log-lines.ts';
import { numbersOf } from './numbers-and-durations.ts';
import {
  decisionText,
  headlineOf,
  healthText,
  nextOf,
  roleOf,
  roleText,
  whyOf,
} from './sentences.ts';
import type { DecisionFacts, EndpointFacts, Situation, Speech } from './situation.ts';
import { translator } from './translate.ts';

const NOW_MS = 1_000_000;
const speech: Speech = { say: translator('en'), numbers: numbersOf('en') };

const endpoint = (id: string, totalMs: number, changes: Partial<EndpointFacts> = {}) => ({
  id,
  name: id.toUpperCase(),
  rank: 0,
  share: null,
  enabled: true,
  available: true,
  unavailable: [],
  health: { status: 'healthy' as const },
  score: { status: 'known' as const, totalMs },
  activeRequests: 0,
  ...changes,
});

const lastSwitch: DecisionFacts = {
  phase: 'switched',
  reason: 'faster',
  fromId: 'b',
  toId: 'a',
  gain: { gainMs: 187 },
};

const situationWith = (changes: Partial<Situation>): Situation => ({
  mode: { kind: 'auto' },
  automation: { status: 'running' },
  selection: { status: 'steady', activeId: 'a', reason: 'faster', sinceAtMs: 0 },
  lastSwitch,
  freeze: { status: 'none' },
  policy: { switchThresholdMs: 50, dwellMs: 60_000 },
  endpoints: [endpoint('a', 500), endpoint('b', 600, { rank: 1 })],
  ...changes,
});

const pending: Situation['selection'] = {
  status: 'pending',
  activeId: 'a',
  nextId: 'b',
  reason: 'faster',
  sinceAtMs: 0,
  deadlineAtMs: NOW_MS + 12_000,
};
const down = { available: false, unavailable: ['ejected' as const], rank: null };

const unmeasured = { score: { status: 'unknown' as const } };
const chosenBy = (reason: DecisionFacts['reason']) => ({
  ...{ status: 'steady' as const, activeId: 'a', reason, sinceAtMs: 0 },
});

describe('whyOf', () => {
  it.each([
    { name: 'faster', changes: {}, text: 'A was 187\u00a0ms faster than B when it took over.' },
    { name: 'first', changes: { lastSwitch: null }, text: 'A was the fastest when it was chosen.' },
    {
      name: 'failed',
      changes: {
        selection: {
          status: 'steady' as const,
          activeId: 'a',
          reason: 'active_failed' as const,
          sinceAtMs: 0,
        },
        lastSwitch: { ...lastSwitch, reason: 'active_failed' as const, failure: 'tls' as const },
      },
      text: 'B failed: TLS error. A took over.',
    },
    {
      name: 'pending: why the active one serves, not why the next one will',
      changes: { selection: pending, lastSwitch: null },
      text: 'A was the first choice at startup.',
    },
    {
      name: 'first of the configuration, before anything was measured',
      changes: {
        selection: chosenBy('initial'),
        lastSwitch: null,
        endpoints: [endpoint('a', 0, unmeasured), endpoint('b', 0, unmeasured)],
      },
      text: 'A is the first in the configuration; nothing has been measured yet.',
    },
    {
      name: 'pinned manually, but the pin is no longer there',
      changes: { selection: chosenBy('operator_pinned') },
      text: 'A had been pinned; the mode is automatic again.',
    },
    {
      name: 'back as the pinned one, but the pin is no longer there',
      changes: { selection: chosenBy('pinned_recovered') },
      text: 'A had been pinned; the mode is automatic again.',
    },
    {
      name: 'in place of a pinned one, but the pin is no longer there',
      changes: { selection: chosenBy('pinned_failed') },
      text: 'A took over from an endpoint that was pinned then; the mode is automatic again.',
    },
    {
      name: 'chosen by hand before, and now in place of the pinned one',
      changes: {
        selection: chosenBy('operator_pinned'),
        mode: { kind: 'manual' as const, endpointId: 'b' },
      },
      text: 'The pinned endpoint is not available; A takes its place until it is back.',
    },
    {
      name: 'down for several reasons',
      changes: {
        endpoints: [
          endpoint('a', 500, { available: false, unavailable: ['token_refused' as const] }),
          endpoint('b', 600, down),
        ],
      },
      text: 'Each request still tries them, and gets an error if none answers.',
    },
    {
      name: 'pinned, although it was the fastest anyway',
      changes: { mode: { kind: 'manual' as const, endpointId: 'a' } },
      text: 'A was pinned manually.',
    },
    {
      name: 'nothing available',
      changes: { endpoints: [endpoint('a', 1, down)] },
      text: speech.say('now.down.detail'),
    },
    {
      name: 'all disabled, so that no request tries any',
      changes: { endpoints: [endpoint('a', 1, { ...down, enabled: false })] },
      text: 'All endpoints are disabled: each request gets an error until one is enabled.',
    },
  ])('says it: $name', ({ changes, text }) => {
    expect(whyOf(situationWith(changes), speech)).toBe(text);
  });
});

describe('nextOf', () => {
  const slow = [endpoint('a', 700, { activeRequests: 2 }), endpoint('b', 600, { rank: 1 })];
  it.each([
    {
      name: 'slower',
      changes: {},
      text: 'Switches to B if that becomes 50\u00a0ms faster; it is 100\u00a0ms slower now.',
    },
    {
      name: 'faster, but not yet proven',
      changes: { endpoints: slow },
      text: 'B is 100\u00a0ms faster; switches once that is confirmed.',
    },
    {
      name: 'faster, but switched a moment ago',
      changes: {
        endpoints: slow,
        selection: {
          status: 'steady' as const,
          activeId: 'a',
          reason: 'faster' as const,
          sinceAtMs: NOW_MS - 20_000,
        },
      },
      text: 'B is 100\u00a0ms faster; switches if that lasts, in 40\u00a0s at the earliest.',
    },
    {
      name: 'pending',
      changes: { selection: pending, endpoints: slow },
      text: 'Will switch to B when 2 active requests on A end, in 12\u00a0s at the latest.',
    },
    {
      name: 'alone',
      changes: { endpoints: [endpoint('a', 1), endpoint('b', 2, down)] },
      text: 'No other endpoint is available.',
    },
    {
      name: 'manual',
      changes: { mode: { kind: 'manual' as const, endpointId: 'a' } },
      text: 'Stays until you change it; if it fails, traffic goes to B.',
    },
    {
      name: 'overloaded everywhere',
      changes: { freeze: { status: 'overload' as const } },
      text: speech.say('next.overload'),
    },
    { name: 'nothing available', changes: { endpoints: [endpoint('a', 1, down)] }, text: '' },
  ])('says what comes next: $name', ({ changes, text }) => {
    expect(nextOf(situationWith(changes), speech, NOW_MS)).toBe(text);
  });
});

describe('endpoints that share the load', () => {
  it('are named together, each with its share', () => {
    const endpoints = [
      endpoint('a', 500, { share: 0.667 }),
      endpoint('b', 900, { rank: 1, share: 0.333 }),
      endpoint('c', 700, { rank: 2 }),
    ];
    const situation = situationWith({ endpoints });
    expect(headlineOf(situation, speech.say)).toBe('A, B share the new sessions');
    expect(nextOf(situation, speech, NOW_MS)).toContain('if one of A, B fails');
    expect(endpoints.map((each) => roleText(each, situation.selection, speech.say))).toEqual([
      ...['serving 67%', 'serving 33%', 'fallback 2'],
    ]);
  });
});

describe('roleOf', () => {
  it.each([
    ['a', {}, pending, 'serving'],
    ['b', {}, pending, 'next'],
    ['c', {}, pending, 'fallback'],
    ['a', { available: false }, pending, 'down'],
    ['a', { enabled: false, available: false }, pending, 'off'],
  ] as const)('%s with %o is %s', (id, changes, selection, role) => {
    expect(roleOf(endpoint(id, 1, changes), selection)).toBe(role);
  });
});

describe('healthText', () => {
  const unknown = { health: { status: 'unknown' as const } };
  const failed = { status: 'failed' as const, failure: 'overloaded' as const };
  it.each([
    [{}, 'health not known yet'],
    [{ probe: { last: null } }, 'not probed yet'],
    [{ probe: { last: { verdict: failed } } }, 'health not known: model overloaded'],
    [
      { probe: { last: { verdict: { status: 'ok' as const } } } },
      'reachable; no answer from the model yet',
    ],
    [{ health: { status: 'healthy' as const } }, 'healthy'],
  ])('says why it is not known: %o', (changes, text) => {
    expect(healthText({ ...unknown, ...changes }, speech.say)).toBe(text);
  });
});

describe('decisionText', () => {
  it('mentions a gain only if the gain was the reason', () => {
    const initial: DecisionFacts = { ...lastSwitch, reason: 'initial' };
    const names = situationWith({});
    expect(decisionText(lastSwitch, names, speech)).toBe('B → A: 187\u00a0ms faster');
    expect(decisionText(initial, names, speech)).toBe('B → A: first choice at startup');
  });
});

describe('logLines', () => {
  it('merges repeats into one line, with the latest time', () => {
    const names = situationWith({});
    const config = { kind: 'config' as const, outcome: 'applied' as const, problems: [] };
    const store = { kind: 'store' as const, status: 'away' as const };
    const entries = [
      { ...config, atMs: 4 },
      { ...config, atMs: 3 },
      { ...store, atMs: 2 },
      { ...config, atMs: 1 },
    ];
    expect(logLines(entries, names, speech).map(({ entry, count }) => [entry.atMs, count])).toEqual(
      [
        [4, 2],
        [2, 1],
        [1, 1],
      ],
    );
  });
});

describe('logLines of what alternates', () => {
  const names = situationWith({});
  const moved = (endpointId: string, atMs: number) => ({
    ...{ kind: 'notice' as const, atMs },
    notice: { code: 'sessions_moved' as const, endpointId, trade: {} as never },
  });
  const healthy = { kind: 'notice' as const, notice: { code: 'overload_ended' as const } };
  const countsOf = (entries: Parameters<typeof logLines>[0]) =>
    logLines(entries, names, speech).map(({ entry, count }) => [entry.kind, entry.atMs, count]);

  it('gives each endpoint one line, until something else happened', () => {
    const entries = [moved('a', 6), moved('b', 5), moved('a', 4), { ...healthy, atMs: 3 }];
    expect(countsOf([...entries, moved('a', 2)])).toEqual([
      ['notice', 6, 2],
      ['notice', 5, 1],
      ['notice', 3, 1],
      ['notice', 2, 1],
    ]);
  });

  it('counts a decision and its notice once, and keeps the decision, which can say why', () => {
    const notice = { kind: 'notice' as const, notice: { code: 'nothing_available' as const } };
    const nothing = { ...lastSwitch, reason: 'nothing_available' } as never;
    const decided = { kind: 'decision' as const, decision: nothing };
    const both = [
      { ...notice, atMs: 2 },
      { ...decided, atMs: 1 },
    ];
    expect(countsOf(both)).toEqual([['decision', 1, 1]]);
    expect(countsOf(both.toReversed())).toEqual([['decision', 1, 1]]);
  });
});

describe.each(LANGUAGES)('the sentences in %s', (language) => {
  it('leave no placeholder open', () => {
    const own: Speech = { say: translator(language), numbers: numbersOf(language) };
    for (const selection of [situationWith({}).selection, pending]) {
      const situation = situationWith({ selection });
      const text = [
        headlineOf(situation, own.say),
        whyOf(situation, own),
        nextOf(situation, own, NOW_MS),
      ];
      expect(text.join(' ')).not.toMatch(/[{}]/);
    }
  });
});
