import type { Decision } from '@zephyr/contract/decision';
import { type Effect, endpointId, epochMs } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import { linesOf } from './event-lines.ts';

const [one, two] = [endpointId('one'), endpointId('two')];

const decided = (changes: Partial<Decision>): Effect => ({
  kind: 'record',
  decision: {
    ...{ number: 7, atMs: epochMs(1), phase: 'switched', reason: 'faster', trigger: 'probe' },
    ...{ fromId: one, toId: two, considered: [], ...changes },
  },
});

describe('linesOf', () => {
  it.each<{ name: string; effect: Effect; line: unknown }>([
    {
      name: 'a switch for speed, with its gain',
      effect: decided({
        gain: { gainMs: 119.6, neededMs: 50, standardErrorMs: 3, confirmations: 3 },
      }),
      line: {
        level: 'info',
        message: 'switched',
        fields: { from: one, to: two, reason: 'faster', gainMs: 120, decision: 7 },
      },
    },
    {
      name: 'a switch for a failure, with the failure',
      effect: decided({ reason: 'active_failed', failure: 'refused' }),
      line: {
        level: 'info',
        message: 'switched',
        fields: { from: one, to: two, reason: 'active_failed', failure: 'refused', decision: 7 },
      },
    },
    {
      name: 'the first choice, which came from nowhere',
      effect: decided({ fromId: two, reason: 'initial' }),
      line: {
        level: 'info',
        message: 'endpoint chosen',
        fields: { to: two, reason: 'initial', decision: 7 },
      },
    },
    {
      name: 'that nothing is available, loudly',
      effect: decided({ reason: 'nothing_available' }),
      line: { level: 'warn', message: 'switched', fields: expect.anything() },
    },
    {
      name: 'a wrong token, with what to do',
      effect: {
        kind: 'notice',
        notice: { code: 'token_refused', endpointId: one, failure: 'token_refused' },
      },
      line: {
        level: 'warn',
        message:
          'the endpoint refuses your token: write a valid one into .env (in containers: then make up)',
        fields: { endpointId: one, failure: 'token_refused' },
      },
    },
    {
      name: 'an empty account, which is no wrong token',
      effect: {
        kind: 'notice',
        notice: { code: 'token_refused', endpointId: one, failure: 'credit' },
      },
      line: {
        level: 'warn',
        message: 'token refused',
        fields: { endpointId: one, failure: 'credit' },
      },
    },
    {
      name: 'a change of health, with why',
      effect: {
        kind: 'notice',
        notice: {
          ...{ code: 'endpoint_unhealthy', endpointId: one, failure: 'timeout' },
          detail: 'after 15 s',
        },
      },
      line: {
        level: 'warn',
        message: 'endpoint unhealthy',
        fields: { endpointId: one, failure: 'timeout', detail: 'after 15 s' },
      },
    },
    {
      name: 'a recovery',
      effect: { kind: 'notice', notice: { code: 'endpoint_healthy', endpointId: one } },
      line: { level: 'info', message: 'endpoint healthy', fields: { endpointId: one } },
    },
    {
      name: 'what changes nothing, only for those who debug',
      effect: { kind: 'notice', notice: { code: 'late_probe_dropped', endpointId: one } },
      line: { level: 'debug', message: 'late probe dropped', fields: { endpointId: one } },
    },
  ])('logs $name', ({ effect, line }) => {
    expect(linesOf([effect])).toEqual([line]);
  });

  it('says nothing of what is only done', () => {
    expect(linesOf([{ kind: 'probe_now', endpointIds: [one] }])).toEqual([]);
  });
});
