import type { Decision } from '@zephyr/contract/decide/decision';
import { type Effect, endpointId, epochMs } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import { eventLines } from './event-lines.ts';

const [one, two] = [endpointId('one'), endpointId('two')];

/** Only the first has a name that is not its id. */
const nameOf = (id: string) => (id === one ? 'One 一' : id);

const scored = (id: typeof one, latencyMs: number) => ({
  ...{ id, unavailable: [], activeRequests: 0 },
  score: {
    ...{ status: 'known' as const, totalMs: 999, latencyMs, liveMs: 0, failureMs: 0 },
    ...{ preferenceMs: 0, uncertaintyMs: 0, failureRatio: 0, samples: 9, measuredAtMs: epochMs(1) },
  },
});

const decided = (changes: Partial<Decision>): Effect => ({
  kind: 'record',
  decision: {
    ...{ number: 7, atMs: epochMs(1), phase: 'switched', reason: 'faster', trigger: 'probe' },
    ...{ fromId: one, toId: two, considered: [], ...changes },
  },
});

describe('eventLines', () => {
  it.each<{ name: string; effect: Effect; line: unknown }>([
    {
      name: 'a latency switch, with its gain',
      effect: decided({
        gain: { gainMs: 119.6, neededMs: 50, standardErrorMs: 3, confirmations: 3 },
      }),
      line: {
        level: 'info',
        message: 'switched',
        fields: { from: 'One 一', to: 'two', reason: 'faster', gainMs: 120, decision: 7 },
      },
    },
    {
      name: 'a switch with both latencies, as far as they are known',
      effect: decided({ considered: [scored(one, 512.4), scored(two, 301.5)] }),
      line: {
        level: 'info',
        message: 'switched',
        fields: {
          ...{ from: 'One 一', fromLatencyMs: 512, to: 'two', toLatencyMs: 302 },
          ...{ reason: 'faster', decision: 7 },
        },
      },
    },
    {
      name: 'a switch for a failure, with the failure',
      effect: decided({ reason: 'active_failed', failure: 'connection_refused' }),
      line: {
        level: 'info',
        message: 'switched',
        fields: {
          from: 'One 一',
          to: 'two',
          reason: 'active_failed',
          failure: 'connection_refused',
          decision: 7,
        },
      },
    },
    {
      name: 'the first selection, without a previous endpoint',
      effect: decided({ fromId: two, reason: 'initial' }),
      line: {
        level: 'info',
        message: 'endpoint chosen',
        fields: { to: 'two', reason: 'initial', decision: 7 },
      },
    },
    {
      name: 'that nothing is available, as an error',
      effect: decided({ reason: 'nothing_available' }),
      line: { level: 'warn', message: 'switched', fields: expect.anything() },
    },
    {
      name: 'a wrong token, with advice',
      effect: {
        kind: 'notice',
        notice: { code: 'token_refused', endpointId: one, failure: 'token_refused' },
      },
      line: {
        level: 'warn',
        message:
          'the endpoint refuses your token: write a valid one into .env (in containers: then make up), or see what token_command prints',
        fields: { endpointId: one, failure: 'token_refused' },
      },
    },
    {
      name: 'an empty account, which is not a wrong token',
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
      name: 'a change of health, with the reason',
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
      name: 'what changes nothing, at debug level',
      effect: { kind: 'notice', notice: { code: 'late_probe_dropped', endpointId: one } },
      line: { level: 'debug', message: 'late probe dropped', fields: { endpointId: one } },
    },
  ])('logs $name', ({ effect, line }) => {
    expect(eventLines([effect], nameOf)).toEqual([line]);
  });

  it('logs nothing for effects that are only carried out', () => {
    expect(eventLines([{ kind: 'probe_now', endpointIds: [one] }], nameOf)).toEqual([]);
  });
});
