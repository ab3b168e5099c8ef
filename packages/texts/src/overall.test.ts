import { describe, expect, it } from 'vitest';

import { numbersOf } from './numbers-and-durations.ts';
import { failingText, overallOf, overallText, troublesOf, troubleText } from './overall.ts';
import type { EndpointFacts, Situation, Speech } from './situation.ts';
import { translator } from './translate.ts';

const speech: Speech = { say: translator('en'), numbers: numbersOf('en') };
const TEN_MS = Date.parse('2026-11-28T10:00:00');

const endpoint = (id: string, changes: Partial<EndpointFacts> = {}): EndpointFacts => ({
  ...{ id, name: id.toUpperCase(), rank: 0, enabled: true, available: true, unavailable: [] },
  ...{
    health: { status: 'healthy' },
    score: { status: 'unknown' },
    share: null,
    activeRequests: 0,
  },
  ...changes,
});
const gone = (sinceAtMs: number, changes: Partial<EndpointFacts> = {}): Partial<EndpointFacts> => ({
  ...{ available: false, unavailable: ['unhealthy'], unavailableSinceAtMs: sinceAtMs },
  health: { status: 'unhealthy', failure: 'connection_refused' },
  ...changes,
});
const off = { available: false, enabled: false, unavailable: ['disabled' as const] };

const situationOf = (
  endpoints: readonly EndpointFacts[],
  changes: Partial<Situation> = {},
): Situation => ({
  mode: { kind: 'auto' },
  automation: { status: 'running' },
  selection: { status: 'steady', activeId: 'a', reason: 'initial', sinceAtMs: 0 },
  lastSwitch: null,
  freeze: { status: 'none' },
  policy: { switchThresholdMs: 50, dwellMs: 60_000 },
  ...{ endpoints, ...changes },
});

describe('whether all is well', () => {
  const whole = [endpoint('a'), endpoint('b')];
  it.each([
    ['all are available', situationOf(whole), 'All is well: 2 of 2 endpoints available'],
    [
      'what is switched off is not missed',
      situationOf([...whole, endpoint('c', off)]),
      'All is well: 2 of 2 endpoints available',
    ],
    [
      'some are missing, since the first went',
      situationOf([
        endpoint('a'),
        endpoint('b', gone(TEN_MS + 5_000)),
        endpoint('c', gone(TEN_MS)),
      ]),
      'Degraded: 1 of 3 endpoints available since 10:00:00',
    ],
    [
      'the model is overloaded everywhere',
      situationOf(whole, { freeze: { status: 'overload' } }),
      'Degraded: 2 of 2 endpoints available',
    ],
    [
      'nothing is decided any more',
      situationOf(whole, { store: { status: 'refuses_writes' } }),
      'Out of date: 2 of 2 endpoints were available',
    ],
    [
      'requests fail where they go',
      situationOf([endpoint('a', { presentFailureRatio: 0.21 }), endpoint('b')]),
      'Degraded: 2 of 2 endpoints available',
    ],
    [
      'requests fail where they do not go',
      situationOf([
        endpoint('a', { presentFailureRatio: 0.2 }),
        endpoint('b', { presentFailureRatio: 1 }),
      ]),
      'All is well: 2 of 2 endpoints available',
    ],
    [
      'none is left, since the last went',
      situationOf([endpoint('a', gone(TEN_MS)), endpoint('b', gone(TEN_MS + 5_000))]),
      'Outage: 0 of 2 endpoints available since 10:00:05',
    ],
    ['nothing was decided', situationOf(whole, { selection: { status: 'none' } }), 'Starting'],
  ])('reports: %s', (_name, situation, text) => {
    expect(overallText(situation, speech, TEN_MS)).toBe(text);
  });

  it('reports that the serving endpoint fails often', () => {
    const failing = situationOf([endpoint('a', { presentFailureRatio: 0.9 }), endpoint('b')]);
    expect(failingText(failing, speech)).toBe(
      'A is serving, but 90% of the requests fail there now.',
    );
    expect(failingText(situationOf(whole), speech)).toBeNull();
  });

  it('counts only endpoints that may serve', () => {
    const situation = situationOf([endpoint('a', gone(1)), endpoint('b', off)]);
    expect(overallOf(situation)).toEqual({ status: 'bad', available: 0, total: 1, sinceAtMs: 1 });
  });
});

describe('what is wrong', () => {
  it('is shown once for all endpoints that have it, with what to do', () => {
    const refused = { health: { status: 'healthy' as const } };
    const token = { status: 'refused' as const, failure: 'credit' as const };
    const troubles = troublesOf(
      situationOf([
        endpoint('a', gone(TEN_MS + 1_000, { ...refused, token })),
        ...['b', 'c', 'd', 'e', 'f'].map((id) => endpoint(id, gone(TEN_MS))),
        endpoint('g', off),
      ]),
    );
    expect(troubles.map((trouble) => troubleText(trouble, speech, TEN_MS))).toEqual([
      {
        what: 'B, C, D and 2 more: connection refused since 10:00:00',
        advice: 'Is the endpoint up, and are host and port correct?',
      },
      {
        what: 'A: no credit left since 10:00:01',
        advice: 'Top up the account that the token belongs to.',
      },
    ]);
  });

  it('is empty if an endpoint serves again after an ejection', () => {
    const halfOpen = { ejection: { status: 'half_open' as const, failure: 'reset' as const } };
    expect(troublesOf(situationOf([endpoint('a', halfOpen)]))).toEqual([]);
  });
});
