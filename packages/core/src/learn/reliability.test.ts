import { FAILURE_CLASSES, type FailureClass } from '@zephyr/contract/failure';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DEFAULT_POLICY } from '../policy.ts';
import { epochMs } from '../types.ts';
import { addAttempts, addFailures, failureCost, NO_RELIABILITY } from './reliability.ts';

const policy = DEFAULT_POLICY.failure;

const tried = (succeeded: number, failed: readonly (readonly [FailureClass, number])[] = []) =>
  addAttempts(NO_RELIABILITY, { succeeded, failed, nowMs: epochMs(0) }, policy);
const costAt = (track: typeof NO_RELIABILITY, atMs = 0) =>
  failureCost(track, epochMs(atMs), policy);

describe('addFailures', () => {
  const failed = (failure: FailureClass, isOverloaded = false) =>
    addFailures(
      NO_RELIABILITY,
      { failed: [[failure, 2]], nowMs: epochMs(5), isOverloaded },
      policy,
    );

  it('counts what is the endpoint’s fault, and load where it is not everywhere', () => {
    expect(failed('reset')).toEqual({ attempts: 2, failures: 2, lostMs: 4_000, atMs: 5 });
    expect(failed('overloaded').failures).toBe(2);
    for (const nothing of [
      failed('overloaded', true),
      failed('credit'),
      failed('client_error'),
      failed('cli_crashed'),
    ]) {
      expect(nothing).toBe(NO_RELIABILITY);
    }
  });
});

describe('failureCost', () => {
  it('is small but not nothing for an endpoint that nobody has tried', () => {
    expect(costAt(NO_RELIABILITY)).toEqual({
      failureRatio: policy.priorRatio,
      failureMs: policy.priorRatio * policy.costMs.server_error,
    });
  });

  it('does not take one failure for certainty', () => {
    expect(costAt(tried(0, [['reset', 1]])).failureRatio).toBeLessThan(0.15);
  });

  it('comes near to the truth with many attempts', () => {
    expect(costAt(tried(9_000, [['reset', 1_000]])).failureRatio).toBeCloseTo(0.1, 2);
  });

  it('counts a hang more than a refusal', () => {
    const [hang, refusal] = [tried(9, [['first_byte_timeout', 1]]), tried(9, [['refused', 1]])];
    expect(costAt(hang).failureMs).toBeGreaterThan(3 * costAt(refusal).failureMs);
    expect(costAt(hang).failureRatio).toBe(costAt(refusal).failureRatio);
  });

  it('fades by half in the half-life', () => {
    const track = tried(0, [['reset', 1_000]]);
    const faded = addAttempts(
      track,
      { succeeded: 0, failed: [], nowMs: epochMs(policy.halfLifeMs) },
      policy,
    );
    expect(faded.failures).toBeCloseTo(500);
    expect(costAt(track, 20 * policy.halfLifeMs).failureRatio).toBeCloseTo(policy.priorRatio, 2);
  });

  it('adds up attempts, failures and what they cost, each faded', () => {
    const first = tried(6, [
      ['reset', 2],
      ['timeout', 1],
    ]);
    expect(first).toEqual({ attempts: 9, failures: 3, lostMs: 2 * 2_000 + 15_000, atMs: 0 });
    const next = addAttempts(
      first,
      { succeeded: 1, failed: [['refused', 1]], nowMs: epochMs(policy.halfLifeMs) },
      policy,
    );
    expect(next).toEqual({
      ...{ attempts: 6.5, failures: 2.5, lostMs: 9_500 + 2_000, atMs: policy.halfLifeMs },
    });
    expect(costAt(first, policy.halfLifeMs)).toEqual({
      failureMs: expect.closeTo((9_500 + 0.1 * 2_000) / 14.5),
      failureRatio: expect.closeTo((1.5 + 0.1) / 14.5),
    });
    expect(costAt(first, -60_000)).toEqual(costAt(first, 0));
  });

  it('stays within what is possible', () => {
    const failure = fc.constantFrom(...FAILURE_CLASSES);
    fc.assert(
      fc.property(
        fc.nat(1_000),
        fc.array(fc.tuple(failure, fc.nat(100))),
        fc.nat(10_000_000),
        (succeeded, failed, atMs) => {
          const { failureMs, failureRatio } = costAt(tried(succeeded, failed), atMs);
          expect(failureRatio).toBeGreaterThan(0);
          expect(failureRatio).toBeLessThanOrEqual(1);
          expect(failureMs).toBeLessThanOrEqual(Math.max(...Object.values(policy.costMs)));
        },
      ),
    );
  });
});
