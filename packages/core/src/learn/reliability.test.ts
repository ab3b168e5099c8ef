import { FAILURE_CLASSES, type FailureClass } from '@zephyr/contract/failure';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { epochMs } from '../types.ts';
import {
  addAttempts,
  addFailures,
  FAILURE_NUMBERS,
  failureCost,
  NO_RELIABILITY,
} from './reliability.ts';

const policy = FAILURE_NUMBERS;

const tried = (succeeded: number, failed: readonly (readonly [FailureClass, number])[] = []) =>
  addAttempts(NO_RELIABILITY, { succeeded, failed, epochMs: epochMs(0) }, policy);
const costAt = (track: typeof NO_RELIABILITY, atMs = 0) =>
  failureCost(track, epochMs(atMs), policy);

describe('addFailures', () => {
  const failed = (failure: FailureClass, isOverloaded = false) =>
    addFailures(
      NO_RELIABILITY,
      { failed: [[failure, 2]], epochMs: epochMs(5), isOverloaded },
      policy,
    );

  it('counts what is the endpoint’s fault, and load unless it is everywhere', () => {
    expect(failed('reset')).toMatchObject({ attempts: 2, failures: 2, lostMs: 4_000, atMs: 5 });
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
  it('is small but not 0 for an untried endpoint', () => {
    expect(costAt(NO_RELIABILITY)).toEqual({
      failureRatio: policy.priorRatio,
      failureMs: policy.priorRatio * policy.costMs.server_error,
    });
  });

  it('does not treat one failure as certainty', () => {
    expect(costAt(tried(0, [['reset', 1]])).failureRatio).toBeLessThan(0.15);
  });

  it('approaches the true value with many attempts', () => {
    expect(costAt(tried(9_000, [['reset', 1_000]])).failureRatio).toBeCloseTo(0.1, 2);
  });

  it('counts a hang more than a refusal', () => {
    const [hang, refusal] = [
      tried(9, [['first_byte_timeout', 1]]),
      tried(9, [['connection_refused', 1]]),
    ];
    expect(costAt(hang).failureMs).toBeGreaterThan(3 * costAt(refusal).failureMs);
    expect(costAt(hang).failureRatio).toBe(costAt(refusal).failureRatio);
  });

  it('decays by half in the half-life', () => {
    const track = tried(0, [['reset', 1_000]]);
    // In the long memory it is one failure.
    expect(track.lasting).toEqual({ attempts: 1, failures: 1, lostMs: 2_000 });
    const faded = addAttempts(
      track,
      { succeeded: 0, failed: [], epochMs: epochMs(policy.halfLifeMs) },
      policy,
    );
    expect(faded.failures).toBeCloseTo(500);
    expect(costAt(track, 20 * policy.lastingHalfLifeMs).failureRatio).toBeCloseTo(
      policy.priorRatio,
      4,
    );
  });

  it('adds up attempts, failures and their cost, all decayed', () => {
    const first = tried(6, [
      ['reset', 2],
      ['timeout', 1],
    ]);
    expect(first).toMatchObject({ attempts: 9, failures: 3, lostMs: 2 * 2_000 + 15_000, atMs: 0 });
    const next = addAttempts(
      first,
      { succeeded: 1, failed: [['connection_refused', 1]], epochMs: epochMs(policy.halfLifeMs) },
      policy,
    );
    expect(next).toMatchObject({
      ...{ attempts: 6.5, failures: 2.5, lostMs: 9_500 + 2_000, atMs: policy.halfLifeMs },
    });
    expect(costAt(first, policy.halfLifeMs)).toEqual({
      failureMs: expect.closeTo((9_500 + 0.1 * 2_000) / 14.5),
      failureRatio: expect.closeTo((1.5 + 0.1) / 14.5),
    });
    expect(costAt(first, -60_000)).toEqual(costAt(first, 0));
  });

  it('remembers for hours an endpoint that keeps failing now and then', () => {
    let track = NO_RELIABILITY;
    for (let minute = 0; minute < 60; minute += 1) {
      const nowMs = epochMs(minute * 60_000);
      track = addAttempts(
        track,
        { succeeded: 0, failed: [['server_error', 1]], epochMs: nowMs },
        policy,
      );
      track = addAttempts(track, { succeeded: 7, failed: [], epochMs: nowMs }, policy);
    }
    // For half an hour it gets only probes, which pass.
    for (let minute = 60; minute < 90; minute += 1) {
      const nowMs = epochMs(minute * 60_000);
      track = addAttempts(track, { succeeded: 1, failed: [], epochMs: nowMs }, policy);
    }
    expect(track.failures / track.attempts).toBeLessThan(0.05);
    const { failureRatio, failureMs } = costAt(track, 90 * 60_000);
    expect(failureRatio).toBeGreaterThan(0.1);
    expect(failureMs).toBeCloseTo(failureRatio * 2_000);
  });

  it('remembers an outage as one failure, once it is over', () => {
    const down = tried(100, [['first_byte_timeout', 20]]);
    const still = addAttempts(
      { ...down, hasAnswered: false },
      { succeeded: 0, failed: [['first_byte_timeout', 20]], epochMs: epochMs(60_000) },
      policy,
    );
    expect(down.lasting).toEqual({ attempts: 101, failures: 1, lostMs: 15_000 });
    expect(still.lasting.failures).toBeLessThan(1);
    expect(still.failures).toBeGreaterThan(35);
  });

  it('counts failures separately if there were answers between them', () => {
    const failed = [['reset', 4]] as const;
    const apart = (between: number, hasAnswered: boolean) => {
      const before = { ...NO_RELIABILITY, hasAnswered };
      const when = { failed, between, epochMs: epochMs(0), isOverloaded: false };
      return addFailures(before, when, policy).lasting;
    };
    expect(apart(0, false)).toEqual({ attempts: 0, failures: 0, lostMs: 0 });
    expect(apart(0, true)).toEqual({ attempts: 1, failures: 1, lostMs: 2_000 });
    expect(apart(2, true)).toEqual({ attempts: 3, failures: 3, lostMs: 6_000 });
    expect(apart(9, true)).toEqual({ attempts: 4, failures: 4, lostMs: 8_000 });
  });

  it('knows whether there was an answer after the last failure', () => {
    const after = (before: boolean, succeeded: number, failures: number) =>
      addAttempts(
        { ...NO_RELIABILITY, hasAnswered: before },
        { succeeded, failed: [['reset', failures]], epochMs: epochMs(0) },
        policy,
      ).hasAnswered;
    expect([after(true, 0, 1), after(false, 1, 0), after(false, 0, 0), after(true, 0, 0)]).toEqual([
      ...[false, true, false, true],
    ]);
  });

  it('stays within its bounds', () => {
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
