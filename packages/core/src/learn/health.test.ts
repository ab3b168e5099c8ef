import type { FailureClass } from '@zephyr/contract/failure';
import type { ProbeResult, ProbeStyle } from '@zephyr/contract/probe/probe';
import { describe, expect, it } from 'vitest';

import { A } from '../test-support/scenario.ts';
import { epochMs } from '../types.ts';
import {
  applyProbeToHealth,
  applyToTokenAccess,
  HEALTH_NUMBERS,
  type Health,
  type TokenAccess,
  UNKNOWN_HEALTH,
  UNKNOWN_TOKEN_ACCESS,
} from './health.ts';

const policy = HEALTH_NUMBERS;

function probe(result: 'ok' | FailureClass, style: ProbeStyle = 'cli'): ProbeResult {
  return {
    endpointId: A,
    slot: 'a:1',
    sequence: 1,
    style,
    startedAtMs: epochMs(0),
    wallMs: 1,
    verdict:
      result === 'ok'
        ? { status: 'ok', latencyMs: 1 }
        : { status: 'failed', failure: result, detail: '' },
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    costUsd: 0,
  };
}

type Result = 'ok' | FailureClass | readonly ['ok' | FailureClass, ProbeStyle];

function after(results: readonly Result[], from: Health = UNKNOWN_HEALTH): Health {
  return results.reduce<Health>((health, given, index) => {
    const [result, style] = typeof given === 'string' ? ([given, 'cli'] as const) : given;
    const nowMs = epochMs(index * 60_000);
    return applyProbeToHealth(health, { probe: probe(result, style), epochMs: nowMs, policy });
  }, from);
}

describe('applyProbeToHealth', () => {
  const cases: readonly { name: string; results: readonly Result[]; status: Health['status'] }[] = [
    { name: 'is unknown before the first probe', results: [], status: 'unknown' },
    { name: 'is healthy after the first pass', results: ['ok'], status: 'healthy' },
    {
      name: 'is unhealthy if it never worked',
      results: ['connection_refused'],
      status: 'unhealthy',
    },
    { name: 'forgives two failures', results: ['ok', 'reset', 'reset'], status: 'healthy' },
    {
      name: 'falls after three consecutive failures',
      results: ['ok', 'reset', 'timeout', 'tls'],
      status: 'unhealthy',
    },
    {
      name: 'counts only consecutive failures',
      results: ['ok', 'reset', 'reset', 'ok', 'reset', 'reset'],
      status: 'healthy',
    },
    {
      name: 'that never worked is healthy with its first pass',
      results: ['connection_refused', 'ok'],
      status: 'healthy',
    },
    {
      name: 'stays down after one pass',
      results: ['ok', 'connection_refused', 'connection_refused', 'connection_refused', 'ok'],
      status: 'unhealthy',
    },
    {
      name: 'returns after two passes',
      results: ['ok', 'connection_refused', 'connection_refused', 'connection_refused', 'ok', 'ok'],
      status: 'healthy',
    },
    {
      name: 'starts over when a pass is followed by a failure',
      results: [
        'ok',
        'connection_refused',
        'connection_refused',
        'connection_refused',
        'ok',
        'connection_refused',
        'ok',
      ],
      status: 'unhealthy',
    },
    ...(
      [
        'overloaded',
        'rate_limited',
        'token_refused',
        'credit',
        'model_not_found',
        'client_error',
        'cli_missing',
        'cli_crashed',
      ] as const
    ).map((failure) => ({
      name: `is not made unhealthy by ${failure}`,
      results: ['ok', failure, failure, failure, failure] as const,
      status: 'healthy' as const,
    })),
    {
      name: 'is not called healthy because its port is open',
      results: [['ok', 'tcp']],
      status: 'unknown',
    },
    {
      name: 'does not return because its port is open, if answers failed',
      results: ['connection_refused', ['ok', 'tcp'], ['ok', 'tcp']],
      status: 'unhealthy',
    },
    {
      name: 'returns when its closed port is open again',
      results: [
        ['connection_refused', 'tcp'],
        ['ok', 'tcp'],
        ['ok', 'tcp'],
      ],
      status: 'healthy',
    },
  ];

  it.each(cases)('$name', ({ results, status }) => {
    expect(after(results).status).toBe(status);
  });

  it('requires more passes from an endpoint that falls again and again', () => {
    const twice = after(['ok', 'reset', 'reset', 'reset', 'ok', 'ok', 'reset', 'reset', 'reset']);
    expect(twice).toMatchObject({ status: 'unhealthy', passesNeeded: 4 });
  });

  it('an open port does not end a streak of failed answers, but an answer does', () => {
    expect(after(['ok', 'reset', ['ok', 'tcp']])).toMatchObject({ failStreak: 1 });
    expect(after(['ok', 'reset', 'ok'])).toMatchObject({ failStreak: 0 });
    expect(after(['ok', 'reset', ['ok', 'tcp'], 'reset', 'reset']).status).toBe('unhealthy');
    const calm = after(['ok']);
    expect(after(['ok'], calm)).toBe(calm);
    const back = after(['ok', 'reset', 'reset', 'reset', 'ok', 'ok']);
    expect(back).toMatchObject({ status: 'healthy', failStreak: 0 });
  });

  it('remembers only as many falls as it needs', () => {
    const falls = Array.from({ length: 30 }, () => [
      'reset',
      'reset',
      'reset',
      ...Array(16).fill('ok'),
    ]);
    const quick = { ...policy, flapMemoryMs: Number.POSITIVE_INFINITY };
    const health = ['ok', ...falls.flat()].reduce<Health>(
      (state, result) =>
        applyProbeToHealth(state, { probe: probe(result), epochMs: epochMs(0), policy: quick }),
      UNKNOWN_HEALTH,
    );
    if (health.status !== 'healthy') throw new Error('expected a healthy endpoint');
    expect(health.fallsAtMs).toHaveLength(policy.maxRise);
  });

  it('forgets old falls', () => {
    const health = after(['ok', 'reset', 'reset', 'reset', 'ok', 'ok']);
    const later = [0, 1, 2].reduce<Health>(
      (state, index) =>
        applyProbeToHealth(state, {
          probe: probe('reset'),
          epochMs: epochMs(policy.flapMemoryMs * 2 + index),
          policy,
        }),
      health,
    );
    expect(later).toMatchObject({ status: 'unhealthy', passesNeeded: policy.rise });
  });
});

describe('applyToTokenAccess', () => {
  const step = (access: TokenAccess, answer: 'accepted' | FailureClass) =>
    applyToTokenAccess(access, { answer, epochMs: epochMs(0), policy });
  const all = (answers: readonly ('accepted' | FailureClass)[]) =>
    answers.reduce(step, UNKNOWN_TOKEN_ACCESS).status;

  it.each([
    { name: 'one refusal is doubt', answers: ['token_refused'], status: 'doubted' },
    { name: 'two are a fact', answers: ['token_refused', 'credit'], status: 'refused' },
    {
      name: 'an answer ends the doubt',
      answers: ['token_refused', 'accepted', 'token_refused'],
      status: 'doubted',
    },
    {
      name: 'an answer ends the refusal',
      answers: ['credit', 'credit', 'accepted'],
      status: 'accepted',
    },
    {
      name: 'a missing model says nothing of the token',
      answers: ['model_not_found', 'model_not_found', 'model_not_found'],
      status: 'unknown',
    },
    {
      name: 'what is refused stays so while it is refused again',
      answers: ['credit', 'credit', 'token_refused'],
      status: 'refused',
    },
    { name: 'a reset says nothing of it', answers: ['reset', 'reset'], status: 'unknown' },
  ] as const)('$name', ({ answers, status }) => {
    expect(all(answers)).toBe(status);
  });
});
