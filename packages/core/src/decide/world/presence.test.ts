import type { FailureClass } from '@zephyr/contract/failure';
import type { PresenceReport } from '@zephyr/contract/route/presence';
import { describe, expect, it } from 'vitest';

import { A, B } from '../../test-support/scenario.ts';
import { epochMs } from '../../types.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import {
  activeRequestsOf,
  ejectionStateOf,
  halfOpenOrAdmitted,
  hasEjected,
  isEjectedAnywhere,
  MAX_PROXIES,
  type Presences,
  sessionLoadOf,
  toPresence,
  totalActiveRequests,
  withoutSilent,
  withPresence,
} from './presence.ts';

const policy = DEFAULT_POLICY.presence;

const presences = (...reports: readonly Partial<PresenceReport>[]): Presences =>
  reports.map((report, index) =>
    toPresence(
      { proxyId: `p${index}`, status: 'serving', activeRequests: {}, ejections: {}, ...report },
      { endpointIds: new Set([A, B]), epochMs: epochMs(0) },
    ),
  );

const out = (failure: FailureClass, remainingMs = 1_000) => ({
  ejections: { a: { status: 'ejected' as const, failure, remainingMs } },
});

describe('counting over proxies', () => {
  it('adds up active requests', () => {
    const all = presences({ activeRequests: { a: 2, b: 1 } }, { activeRequests: { a: 3 } });
    expect(activeRequestsOf(all, A)).toBe(5);
    expect(totalActiveRequests(all)).toBe(6);
  });

  it('adds up sessions and their cached tokens by family', () => {
    const all = presences(
      { sessions: { a: { active: 1, cachedTokens: { opus: 10, haiku: 1 } } } },
      { sessions: { a: { active: 2, cachedTokens: { opus: 5 } } } },
      {},
    );
    expect(sessionLoadOf(all, A)).toEqual({ active: 3, cachedTokens: { opus: 15, haiku: 1 } });
    expect(sessionLoadOf(all, B)).toEqual({ active: 0, cachedTokens: {} });
  });

  it('forgets a proxy that is silent', () => {
    const all = presences({}, {});
    expect(withoutSilent(all, epochMs(policy.ttlMs - 1), policy)).toEqual(all);
    expect(withoutSilent(all, epochMs(policy.ttlMs), policy)).toEqual([]);
  });

  it('drops endpoints that are not configured, whatever their names', () => {
    const hostile = JSON.parse('{"__proto__": 3, "constructor": 4, "a": 1}');
    const [presence] = presences({ activeRequests: hostile });
    expect(presence?.activeRequests).toEqual({ a: 1 });
    expect(Object.keys(presence?.activeRequests ?? {})).toEqual(['a']);
  });

  it('counts only as many proxies as it has room for, and keeps counting those', () => {
    const all = presences(...Array.from({ length: MAX_PROXIES }, () => ({})));
    const [first] = all;
    if (first === undefined) throw new Error('no proxy');
    expect(withPresence(all, { ...first, proxyId: 'one-more' })).toBe(all);
    const renewed = withPresence(all, { ...first, activeRequests: { a: 7 } });
    expect(activeRequestsOf(renewed, A)).toBe(7);
  });
});

describe('ejectionStateOf', () => {
  const at = (nowMs: number) => ({ epochMs: epochMs(nowMs), policy });

  it.each([
    { name: 'no proxy', reports: [], status: 'admitted' },
    { name: 'one of one', reports: [out('reset')], status: 'ejected' },
    { name: 'one of two', reports: [out('reset'), {}], status: 'admitted' },
    { name: 'two of two', reports: [out('reset'), out('timeout')], status: 'ejected' },
    { name: 'two of four', reports: [out('reset'), out('reset'), {}, {}], status: 'ejected' },
    {
      name: 'two, one of them the client’s fault',
      reports: [out('reset'), out('client_error')],
      status: 'admitted',
    },
    { name: 'an overload', reports: [out('overloaded')], status: 'ejected' },
    { name: 'a rate limit', reports: [out('rate_limited')], status: 'ejected' },
    { name: 'a refused token', reports: [out('token_refused')], status: 'ejected' },
  ] as const)('$name: $status', ({ reports, status }) => {
    expect(ejectionStateOf(presences(...reports), A, at(0)).status).toBe(status);
  });

  it('lasts as long as the longest vote', () => {
    const all = presences(out('reset', 1_000), out('reset', 9_000));
    expect(ejectionStateOf(all, A, at(0))).toMatchObject({ untilAtMs: 9_000 });
    expect(ejectionStateOf(all, A, at(1_000)).status).toBe('admitted');
  });
});

describe('what single proxies have ejected', () => {
  const all = presences(
    out('reset'),
    {},
    {
      ejections: { a: { status: 'half_open', failure: 'dns', remainingMs: 0 } },
    },
  );

  it('is ejected somewhere until its time has passed', () => {
    expect(isEjectedAnywhere(all, A, epochMs(999))).toBe(true);
    expect(isEjectedAnywhere(all, A, epochMs(1_000))).toBe(false);
    expect(isEjectedAnywhere(all, B, epochMs(0))).toBe(false);
  });

  it.each([
    ['p0', true],
    ['p1', false],
    ['p2', false],
    ['p9', false],
  ])('%s: %s', (proxyId, expected) => {
    expect(hasEjected(all, { proxyId, id: A, epochMs: epochMs(0) })).toBe(expected);
  });

  it('is half-open if one proxy has it half-open', () => {
    expect(halfOpenOrAdmitted(all, A)).toEqual({ status: 'half_open', failure: 'dns' });
    expect(halfOpenOrAdmitted(all, B)).toEqual({ status: 'admitted' });
  });
});
