import type { Decision } from '@zephyr/contract/decide/decision';
import type { Notice } from '@zephyr/contract/decide/notice';
import { REASON_CODES } from '@zephyr/contract/route/selection';
import { type Effect, endpointId, epochMs, type World } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import { occurrencesIn } from './occurrences.ts';

const [one, two] = [endpointId('one'), endpointId('two')];
const notice = (about: Notice): Effect => ({ kind: 'notice', notice: about });
const decided = (about: Partial<Decision>): Effect => ({
  kind: 'record',
  decision: {
    ...{
      number: 7,
      atMs: epochMs(1),
      phase: 'switched',
      reason: 'active_failed',
      trigger: 'probe',
    },
    ...{ fromId: one, toId: two, considered: [], ...about },
  },
});
const worldOf = (status: 'unknown' | 'healthy' | 'unhealthy') =>
  ({ endpoints: [{ id: one, health: { status } }] }) as unknown as World;

const eventsOf = (effects: readonly Effect[], before = worldOf('healthy')) =>
  occurrencesIn(effects, before, 5).map(({ event, subject }) => [event, subject]);

describe('occurrencesIn', () => {
  it.each<[Notice, readonly unknown[]]>([
    [
      { code: 'endpoint_unhealthy', endpointId: one, failure: 'reset', detail: '' },
      ['endpoint_down', 'one'],
    ],
    [
      { code: 'token_refused', endpointId: one, failure: 'token_refused' },
      ['token_refused', 'one'],
    ],
    [{ code: 'token_refused', endpointId: one, failure: 'credit' }, ['credit_empty', 'one']],
    [{ code: 'nothing_available' }, ['all_down', '']],
    [{ code: 'available_again' }, ['available_again', '']],
    [{ code: 'budget_spent', groupName: 'team' }, ['probe_budget_spent', 'team']],
    [{ code: 'budget_nearly_spent', groupName: 'team' }, ['probe_budget_nearly_spent', 'team']],
    [
      { code: 'person_budget_spent', name: 'ann', period: 'week' },
      ['person_budget_spent', 'ann week'],
    ],
  ])('finds %o', (about, event) => {
    expect(eventsOf([notice(about)])).toEqual([event]);
  });

  it('ignores other notices and effects', () => {
    const others: Effect[] = [
      notice({ code: 'overload_began' }),
      notice({ code: 'late_probe_dropped', endpointId: one }),
      { kind: 'probe_now', endpointIds: [one] },
    ];
    expect(eventsOf(others)).toEqual([]);
  });

  it('reports that an endpoint is up only if it was down', () => {
    const healthy = notice({ code: 'endpoint_healthy', endpointId: one });
    const unhealthy = notice({
      ...{ code: 'endpoint_unhealthy', endpointId: one, failure: 'reset', detail: '' },
    });
    expect(eventsOf([healthy], worldOf('unknown'))).toEqual([]);
    expect(eventsOf([healthy], worldOf('unhealthy'))).toEqual([['endpoint_up', 'one']]);
    expect(eventsOf([unhealthy, healthy], worldOf('unknown')).map(([event]) => event)).toEqual([
      ...['endpoint_down', 'endpoint_up'],
    ]);
  });

  it('names only failures, each once: not when planned, settled or withdrawn', () => {
    const named = REASON_CODES.filter((reason) => eventsOf([decided({ reason })]).length > 0);
    expect(named).toEqual([
      ...['active_failed', 'active_ejected', 'active_token_refused', 'pinned_failed'],
    ]);
    expect(eventsOf([decided({})])).toEqual([['failed_over', 'one']]);
    for (const phase of ['planned', 'settled', 'withdrawn'] as const) {
      expect(eventsOf([decided({ phase })])).toEqual([]);
    }
  });
});
