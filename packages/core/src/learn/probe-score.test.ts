import type { FailureClass } from '@zephyr/contract/failure';
import type { ProbeResult, ProbeStyle } from '@zephyr/contract/probe/probe';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DEFAULT_POLICY } from '../decide/policy.ts';
import { endpointOf } from '../decide/world/world.ts';
import { A, Scenario } from '../test-support/scenario.ts';
import { epochMs } from '../types.ts';
import { scored } from './probe-score.ts';
import { addAttempts, addFailures, failureCost, NO_RELIABILITY } from './reliability.ts';
import { scoreOf } from './score.ts';

function probe(result: number | FailureClass, style: ProbeStyle = 'cli'): ProbeResult {
  return {
    endpointId: A,
    slot: 'a:1',
    sequence: 1,
    style,
    startedAtMs: epochMs(0),
    wallMs: 1_000,
    verdict:
      typeof result === 'number'
        ? { status: 'ok', latencyMs: 2 * result, firstByteMs: result }
        : { status: 'failed', failure: result, detail: '' },
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    costUsd: 0,
  };
}

const scoreOfProbe = (...of: Parameters<typeof probe>) =>
  scored(probe(...of), DEFAULT_POLICY).score;

describe('the score of one probe', () => {
  it('is the score of an endpoint about which nothing else is known', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60_000 }), (ms) => {
        const result = probe(ms);
        const { world } = new Scenario().receive({ kind: 'probe', result });
        const endpoint = endpointOf(world, A);
        if (endpoint === undefined) throw new Error('no endpoint');
        const ofWorld = scoreOf(endpoint, epochMs(0), DEFAULT_POLICY);
        const { score } = scored(result, DEFAULT_POLICY);
        expect(ofWorld).toMatchObject(score);
      }),
    );
  });

  it('is the sum of its parts, with the time to first token as the latency', () => {
    const score = scoreOfProbe(400);
    if (score.status === 'unknown') throw new Error('unknown');
    expect(score.latencyMs).toBe(400);
    expect(score.totalMs).toBeCloseTo(score.latencyMs + score.failureMs + score.uncertaintyMs);
  });

  it('is unknown after a failure, which costs more the longer people wait for it', () => {
    const [refused, slow] = [
      scoreOfProbe('connection_refused'),
      scoreOfProbe('first_byte_timeout'),
    ];
    expect([refused.status, slow.status]).toEqual(['unknown', 'unknown']);
    expect(slow.failureMs).toBeGreaterThan(refused.failureMs);
    expect(refused.failureMs).toBeGreaterThan(scoreOfProbe(400).failureMs);
  });

  it('counts it as one attempt', () => {
    const nowMs = epochMs(0);
    const { failure } = DEFAULT_POLICY;
    const failed = addFailures(
      NO_RELIABILITY,
      { failed: [['connection_refused', 1]], epochMs: nowMs, isOverloaded: false },
      failure,
    );
    const passed = addAttempts(
      NO_RELIABILITY,
      { succeeded: 1, failed: [], epochMs: nowMs },
      failure,
    );
    for (const [result, reliability] of [
      ['connection_refused', failed] as const,
      [400, passed] as const,
    ]) {
      const { failureMs } = failureCost(reliability, nowMs, failure);
      expect(scoreOfProbe(result).failureMs).toBeCloseTo(failureMs, 6);
    }
  });

  it('blames an endpoint for an overload, because nothing is known about the others', () => {
    expect(scoreOfProbe('overloaded').failureMs).toBeGreaterThan(scoreOfProbe(10, 'tcp').failureMs);
  });

  it.each(['http', 'tcp'] as const)('is unknown after %s, which requests no answer', (style) => {
    expect(scoreOfProbe(10, style).status).toBe('unknown');
  });

  it.each(['token_refused', 'cli_missing'] as const)('blames no endpoint for %s', (failure) => {
    expect(scoreOfProbe(failure)).toEqual(scoreOfProbe(10, 'tcp'));
  });
});
