import { describe, expect, it } from 'vitest';

import { endpointId } from '../types.ts';
import { EndpointMemory } from './endpoint-memory.ts';
import type { RoutedRequest } from './journey.ts';

const a = endpointId('a');
const MESSAGES: RoutedRequest = {
  ...{ operation: 'messages', model: 'opus', caller: 'ann', fingerprint: 'one' },
};
const asked = (fingerprint: string): RoutedRequest => ({ ...MESSAGES, fingerprint });
const COUNT: RoutedRequest = { ...MESSAGES, operation: 'count_tokens' };
const turnedAway = (nowMs: number, waitMs?: number) => ({
  ...{ failure: 'rate_limited' as const, waitMs, caller: 'ann', fingerprint: 'one', nowMs },
});

describe('what is held against an endpoint', () => {
  it('a missing operation, for ten minutes, and only for that operation', () => {
    const memory = new EndpointMemory();
    memory.noteLacking(a, 'count_tokens', 1_000);
    expect(memory.isHeldAgainst(a, COUNT, 1_000 + 599_999)).toBe(true);
    expect(memory.isHeldAgainst(a, MESSAGES, 1_001)).toBe(false);
    expect(memory.isHeldAgainst(a, COUNT, 1_000 + 600_000)).toBe(false);
    expect(memory.isLacking(a, 'models', 0)).toBe(false);
  });

  it('a person’s failed request, for a minute, and only for that person', () => {
    const memory = new EndpointMemory();
    memory.noteFailedCaller(a, 'ann', 1_000);
    expect(memory.isHeldAgainst(a, MESSAGES, 1_000 + 59_999)).toBe(true);
    expect(memory.isHeldAgainst(a, { ...MESSAGES, caller: 'bob' }, 1_001)).toBe(false);
    expect(memory.isHeldAgainst(a, MESSAGES, 1_000 + 60_000)).toBe(false);
  });

  it('a limit, for its model', () => {
    const memory = new EndpointMemory();
    expect(memory.isHeldAgainst(a, MESSAGES, 0)).toBe(false);
    memory.noteTurnedAway(a, 'opus', turnedAway(0, 5_000));
    expect(memory.isHeldAgainst(a, MESSAGES, 0)).toBe(true);
    expect(memory.isHeldAgainst(a, { ...MESSAGES, model: 'haiku' }, 0)).toBe(false);
  });

  it('ends with an answer', () => {
    const memory = new EndpointMemory();
    memory.noteLacking(a, 'count_tokens', 0);
    memory.noteFailedCaller(a, 'ann', 0);
    memory.noteTurnedAway(a, 'opus', turnedAway(0, 5_000));
    memory.noteAnswer(a, MESSAGES, 1);
    expect(memory.isHeldAgainst(a, MESSAGES, 1)).toBe(false);
    expect(memory.limitOf(a, 'opus').answered).toBe(1);
    expect(memory.isHeldAgainst(a, COUNT, 1)).toBe(true);
    memory.noteFailedCaller(a, 'ann', 1);
    memory.noteAnswer(a, COUNT, 1);
    expect(memory.isLacking(a, 'count_tokens', 1)).toBe(false);
    expect(memory.hasFailedCaller(a, 'ann', 1)).toBe(true);
  });

  it('is void under another URL or token', () => {
    const memory = new EndpointMemory();
    memory.noteLacking(a, 'messages', 0);
    memory.noteFailedCaller(a, 'ann', 0);
    memory.noteTurnedAway(a, 'opus', turnedAway(0, 5_000));
    memory.noteTokenDoubt(a, asked('one'), 0);
    memory.forget(a);
    expect(memory.isHeldAgainst(a, MESSAGES, 0)).toBe(false);
    expect(memory.noteTokenDoubt(a, asked('two'), 0)).toBe(false);
  });
});

describe('the people served', () => {
  it('are known for a minute, and a person does not count for themselves', () => {
    const memory = new EndpointMemory();
    expect(memory.isServingOthers(a, 'ann', 0)).toBe(false);
    memory.noteServed(a, 'ann', 0);
    expect(memory.isServingOthers(a, 'ann', 0)).toBe(false);
    expect(memory.isServingOthers(a, 'bob', 59_999)).toBe(true);
    expect(memory.isServingOthers(a, 'bob', 60_000)).toBe(false);
    memory.noteServed(a, 'bob', 10);
    memory.noteServed(a, 'bob', 20);
    expect(memory.isServingOthers(a, 'bob', 59_999)).toBe(true);
    expect(memory.isServingOthers(a, 'bob', 60_000)).toBe(false);
    memory.forget(a);
    expect(memory.isServingOthers(a, 'cyd', 20)).toBe(false);
  });

  it('show which other endpoints fail only one person', () => {
    const memory = new EndpointMemory();
    const [b, c, d] = ['b', 'c', 'd'].map(endpointId);
    for (const id of [a, b, c, d]) if (id !== undefined) memory.noteServed(id, 'bob', 0);
    for (const id of [a, b]) if (id !== undefined) memory.noteFailedCaller(id, 'ann', 30_000);
    memory.noteServed(d ?? a, 'ann', 1);
    expect(memory.othersThatFail(a, 'ann', 30_000)).toEqual([b]);
    expect(memory.othersThatFail(c ?? a, 'ann', 30_000)).toEqual([a, b]);
    expect(memory.othersThatFail(c ?? a, 'bob', 30_000)).toEqual([]);
    // If no one else is served well, its failures are not specific to this person.
    expect(memory.othersThatFail(c ?? a, 'ann', 59_999)).toEqual([a, b]);
    expect(memory.othersThatFail(c ?? a, 'ann', 60_000)).toEqual([]);
  });
});

describe('a request without an answer', () => {
  const failures = [{ id: a, groupName: 'g', failure: 'server_error', ejectionCount: 0 }] as const;

  it('is remembered once, for a minute, and not under another URL', () => {
    const memory = new EndpointMemory();
    memory.noteUnanswered('f', failures, 0);
    expect(memory.takeUnanswered('f', 59_999)).toBe(failures);
    expect(memory.takeUnanswered('f', 59_999)).toEqual([]);
    memory.noteUnanswered('f', failures, 0);
    expect(memory.takeUnanswered('f', 60_000)).toEqual([]);
    memory.noteUnanswered('f', failures, 0);
    memory.forget(endpointId('b'));
    memory.forget(a);
    expect(memory.takeUnanswered('f', 0)).toEqual([]);
  });

  it('is forgotten with one of the endpoints that failed it, and not with another', () => {
    const memory = new EndpointMemory();
    const b = endpointId('b');
    const both = [...failures, { ...failures[0], id: b }];
    memory.noteUnanswered('f', both, 0);
    memory.forget(endpointId('c'));
    expect(memory.takeUnanswered('f', 5_000)).toBe(both);
    memory.noteUnanswered('f', both, 0);
    memory.forget(b);
    expect(memory.takeUnanswered('f', 0)).toEqual([]);
  });

  it('counts from its last retry', () => {
    const memory = new EndpointMemory();
    for (let print = 0; print < 256; print += 1) memory.noteUnanswered(`${print}`, failures, 0);
    memory.noteUnanswered('0', failures, 120_000);
    memory.noteUnanswered('new', failures, 120_000);
    // The retried one is no longer the oldest.
    expect(memory.takeUnanswered('0', 120_001)).toBe(failures);
  });

  it('makes room for newer ones', () => {
    const memory = new EndpointMemory();
    for (let print = 0; print <= 256; print += 1) memory.noteUnanswered(`${print}`, failures, 0);
    expect([0, 1, 256].map((print) => memory.takeUnanswered(`${print}`, 0).length)).toEqual([
      ...[0, 1, 1],
    ]);
  });
});

describe('a refused token', () => {
  it('needs two people while others are served; until then the first one’s requests go elsewhere', () => {
    const memory = new EndpointMemory();
    memory.noteServed(a, 'bob', 0);
    expect(['one', 'two'].map((print) => memory.noteTokenDoubt(a, asked(print), 1))).toEqual([
      ...[false, false],
    ]);
    expect(memory.hasFailedCaller(a, 'ann', 1)).toBe(true);
    expect(memory.noteTokenDoubt(a, { ...asked('three'), caller: 'bob' }, 1)).toBe(true);
    expect(memory.hasFailedCaller(a, 'bob', 1)).toBe(false);
    // Others are still compared with the first one to be refused.
    expect(memory.noteTokenDoubt(a, { ...asked('four'), caller: 'bob' }, 1)).toBe(true);
  });

  it('needs two different requests without an answer in between', () => {
    const memory = new EndpointMemory();
    expect(['one', 'one', 'two'].map((print) => memory.noteTokenDoubt(a, asked(print), 0))).toEqual(
      [...[false, false, true]],
    );
    memory.noteAnswer(a, MESSAGES, 0);
    expect(memory.noteTokenDoubt(a, asked('two'), 0)).toBe(false);
    expect(memory.noteTokenDoubt(a, asked('two'), 0)).toBe(false);
    memory.recover(a);
    expect(memory.noteTokenDoubt(a, asked('three'), 0)).toBe(false);
  });
});

describe('what is expected to fail', () => {
  const failed = (...people: readonly string[]) => {
    const memory = new EndpointMemory();
    for (const [index, caller] of people.entries()) {
      memory.noteFailed(a, { ...asked(`${index}`), caller }, 1_000);
    }
    return memory;
  };

  it.each([
    ['three requests of this person', ['ann', 'ann', 'ann'], 'ann', true],
    ['three of another one', ['bob', 'bob', 'bob'], 'ann', false],
    ['those of two people', ['ann', 'bob', 'bob', 'ann'], 'cyd', false],
    ['those of three people', ['ann', 'bob', 'cyd'], 'dan', true],
    ['those of many people', ['ann', 'bob', 'cyd', 'dan', 'eve'], 'eve', true],
    ['two requests of this person', ['ann', 'ann'], 'ann', false],
    ['two of this person and one of another', ['ann', 'bob', 'ann'], 'ann', false],
  ] as const)('after %s', (_name, people, caller, isFailing) => {
    const memory = failed(...people);
    expect(memory.failingAtMs(a, caller, 10_999)).toBe(isFailing ? 1_000 : undefined);
    expect(memory.isHeldAgainst(a, { ...MESSAGES, caller }, 10_999)).toBe(isFailing);
    expect(memory.failingAtMs(a, caller, 11_000)).toBeUndefined();
  });

  it('the same request, retried, counts once', () => {
    const memory = new EndpointMemory();
    for (let time = 0; time < 5; time += 1) memory.noteFailed(a, MESSAGES, 0);
    expect(memory.failingAtMs(a, 'ann', 0)).toBeUndefined();
  });

  it('ends with an answer, with evidence from elsewhere, and under another URL', () => {
    const ends: readonly ((memory: EndpointMemory) => void)[] = [
      (memory) => memory.noteAnswer(a, MESSAGES, 1_000),
      (memory) => memory.recover(a),
      (memory) => memory.forget(a),
    ];
    for (const end of ends) {
      const memory = failed('ann', 'bob', 'cyd');
      end(memory);
      expect(memory.failingAtMs(a, 'ann', 1_000)).toBeUndefined();
    }
  });

  it('an endpoint is answering if it has just answered this model, with no failure since', () => {
    const memory = new EndpointMemory();
    memory.noteAnswer(a, MESSAGES, 1_000);
    expect(memory.isAnswering(a, 'opus', 2_999)).toBe(true);
    expect(memory.isAnswering(a, 'haiku', 1_000)).toBe(false);
    expect(memory.isAnswering(a, 'opus', 3_000)).toBe(false);
    memory.noteFailed(a, MESSAGES, 1_000);
    expect(memory.isAnswering(a, 'opus', 1_000)).toBe(false);
  });
});
