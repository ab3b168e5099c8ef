import type { FailureClass } from '@zephyr/contract/failure';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  A,
  type Answer,
  all,
  B,
  endpoint,
  only,
  POLICY,
  RoutedWorld,
  who,
} from '../test-support/routed.ts';
import { endpointId } from '../types.ts';
import type { Journey, RoutedEndpoint, RoutedRequest } from './journey.ts';
import type { Router } from './router.ts';

describe('isBetterNext', () => {
  const turnAway = (world: RoutedWorld, id: 'a' | 'b', model = 'm') => {
    const journey = world.router.begin({ operation: 'messages', model, ...who('ann') });
    const failed = { failure: 'overloaded' } as const;
    world.router.failed(journey, id === 'a' ? A : B, failed, world.nowMs);
  };
  const isBetterNext = (world: RoutedWorld, endpoints: readonly RoutedEndpoint[] = [A, B]) => {
    const journey = world.router.begin({ operation: 'messages', model: 'm', ...who('ann') });
    journey.tried.add(A.id);
    return world.router.isBetterNext(journey, A.id, { ...world.input(), endpoints });
  };

  it('compares the endpoint with the one that would be tried next, for the model', () => {
    const world = new RoutedWorld();
    turnAway(world, 'a');
    turnAway(world, 'b', 'another model');
    expect(isBetterNext(world)).toBe(true);
    turnAway(world, 'b');
    expect(isBetterNext(world)).toBe(false);
  });

  it('is false if there is no other', () => {
    const world = new RoutedWorld();
    turnAway(world, 'a');
    expect(isBetterNext(world, [A])).toBe(false);
  });
});

describe('isRetryFree', () => {
  /** Of a request that `b` has failed, so that `a` is next. */
  const isRetryFree = (world: RoutedWorld, endpoints: readonly RoutedEndpoint[] = [A, B]) => {
    const journey = world.router.begin({ operation: 'messages', model: 'm', ...who('ann') });
    journey.tried.add(B.id);
    return world.router.isRetryFree(journey, { ...world.input(), endpoints });
  };

  it('is true if the next endpoint has just answered the model', () => {
    const world = new RoutedWorld();
    expect(isRetryFree(world)).toBe(false);
    world.ask(all('ok'), { model: 'another model' });
    expect(isRetryFree(world)).toBe(false);
    world.ask(all('ok'));
    expect(isRetryFree(world)).toBe(true);
  });

  it.each(['cut', 'reset', 'connection_refused'] as const)(
    'is false if it has failed since: %s',
    (failure) => {
      const world = new RoutedWorld();
      world.ask(all('ok'));
      world.ask(only('a', failure), who('bob'));
      expect(isRetryFree(world)).toBe(false);
    },
  );

  it('is false if no endpoint is left', () => {
    const world = new RoutedWorld();
    world.ask(all('ok'));
    expect(isRetryFree(world, [B])).toBe(false);
  });
});

describe('a request that is sent to the same endpoint again', () => {
  it('proves no more with the same error than with one', () => {
    const world = new RoutedWorld([A]);
    for (const name of ['ann', 'bob']) {
      const journey = world.router.begin({ operation: 'messages', model: 'm', ...who(name) });
      for (let time = 0; time < 2; time += 1) {
        world.router.failed(journey, A, { failure: 'server_error' }, world.nowMs);
      }
      world.router.ended(journey, world.nowMs);
    }
    expect(world.statusOf(A.id)).toBe('ejected');
  });
});

describe('the first choice', () => {
  const choose = (
    world: RoutedWorld,
    parts: Partial<Parameters<Router['preview']>[1]> = {},
    request: Partial<RoutedRequest> = {},
  ) => {
    const base = { operation: 'messages', model: 'm', caller: 's', fingerprint: 'f' } as const;
    const journey = world.router.begin({ ...base, ...request });
    return world.router.preview(journey, { ...world.input(), ...parts });
  };
  const off = (parts: Partial<RoutedEndpoint>) => ({ ...A, ...parts });

  it.each([
    ['the first', { endpoints: [A, B] }, 'a', true],
    ['the one with the cache', { endpoints: [A, B], preferredId: B.id }, 'b', true],
    ['none has the cache any longer', { endpoints: [A], preferredId: B.id }, 'a', false],
    ['not a disabled one', { endpoints: [off({ enabled: false }), B] }, 'b', false],
    ['not an unavailable one', { endpoints: [off({ available: false }), B] }, 'b', true],
    ['the only one', { endpoints: [A] }, 'a', false],
    ['a disabled one is no alternative', { endpoints: [B, off({ enabled: false })] }, 'b', false],
  ] as const)('%s', (_, parts, id, hasAlternative) => {
    expect(choose(new RoutedWorld(), parts)).toMatchObject({ kind: 'send', id, hasAlternative });
  });

  it('an endpoint that asked to wait is no alternative, nor preferred', () => {
    const world = new RoutedWorld();
    const limited = only('b', { failure: 'rate_limited', waitMs: 5_000 });
    for (const name of ['ann', 'bob']) {
      const journey = world.router.begin({ operation: 'messages', model: 'm', ...who(name) });
      world.router.failed(journey, B, limited('b') as { failure: FailureClass }, world.nowMs);
    }
    expect(choose(world)).toMatchObject({ id: 'a', hasAlternative: false });
    expect(choose(world, { preferredId: B.id })).toMatchObject({ id: 'a', hasAlternative: false });
    expect(choose(world, {}, { model: 'other' })).toMatchObject({ id: 'a', hasAlternative: true });
  });

  it('equals the choice among all endpoints', () => {
    const state = fc.record({
      enabled: fc.boolean(),
      available: fc.boolean(),
      answers: fc.array(fc.constantFrom<Answer>('ok', 'cut', 'connection_refused', 'overloaded'), {
        maxLength: 4,
      }),
    });
    fc.assert(
      fc.property(fc.tuple(state, state), fc.constantFrom(undefined, 'a', 'b'), (states, cache) => {
        const endpoints = [A, B].map((of, index) => ({ ...of, ...states[index] }));
        const world = new RoutedWorld(endpoints);
        for (const { answers } of states) for (const each of answers) world.ask(all(each));
        const input = {
          ...world.input(),
          endpoints,
          preferredId: cache === undefined ? undefined : endpointId(cache),
        };
        const journey = world.router.begin({ operation: 'messages', model: 'm', ...who('zoe') });
        const quick = world.router.preview(journey, input);
        // Once one has been tried, it considers all of them.
        journey.tried.add(endpointId('nobody'));
        expect(world.router.preview(journey, input)).toEqual(quick);
      }),
    );
  });
});

describe('what a router keeps', () => {
  const begin = (
    world: RoutedWorld,
    name = 'ann',
    operation: RoutedRequest['operation'] = 'messages',
  ) => world.router.begin({ operation, model: 'm', ...who(name) });

  it('applies a changed policy', () => {
    const world = new RoutedWorld();
    world.router.reconfigure({ ...POLICY, failuresToEject: 1 });
    world.ask(only('a', 'cut'));
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('forgets everything about a changed endpoint', () => {
    const world = new RoutedWorld();
    const first = { requestClass: 'opus/m', isCached: true };
    for (let index = 0; index < 4; index += 1) world.router.times.note(A.id, first, 100);
    world.ask(only('a', 'unsupported'), { operation: 'count_tokens' });
    world.router.forget(A.id);
    const limits = { unusualMs: 45_000, ceilingMs: 60_000, readingMs: 0 };
    expect(world.router.times.timeoutMs(A.id, first, limits)).toBe(45_000);
    expect(world.ask(all('ok'), { operation: 'count_tokens' })).toBe('a:ok');
  });

  it('a recovery ends the doubt about a token too', () => {
    const world = new RoutedWorld();
    world.ask(only('a', 'token_refused'), { fingerprint: 'one' });
    world.router.recover(A.id);
    world.ask(only('a', 'token_refused'), { fingerprint: 'two' });
    expect(world.statusOf(A.id)).toBe('admitted');
  });

  it('good answers to messages bring an endpoint back, others do not', () => {
    const world = new RoutedWorld([A]);
    world.ask(all('connection_refused'));
    world.ask(all('ok'), { operation: 'count_tokens' });
    expect(world.statusOf(A.id)).toBe('ejected');
    world.ask(all('ok'));
    expect(world.statusOf(A.id)).toBe('half_open');
    for (let answer = 0; answer < 4; answer += 1) world.ask(all('ok'));
    expect(world.statusOf(A.id)).toBe('admitted');
  });

  it('a cut answer of another operation is nobody’s fault', () => {
    const world = new RoutedWorld([A]);
    for (let time = 0; time < 5; time += 1) {
      world.ask(all('cut'), { operation: 'count_tokens', ...who(`${time}`) });
    }
    expect([world.statusOf(A.id), world.verdicts]).toEqual(['admitted', []]);
  });

  it('an answer shows that the model is served and that the person is not to blame', () => {
    const world = new RoutedWorld();
    const limited = only('a', { failure: 'rate_limited', waitMs: 60_000 });
    world.ask(limited);
    expect(world.ask(all('ok'))).toBe('b:ok');
    const journey = begin(world);
    world.router.answered(journey, A.id, world.nowMs);
    expect(world.ask(all('ok'))).toBe('a:ok');
  });

  it('an answer from under a former URL does not', () => {
    const world = new RoutedWorld();
    const journey = begin(world);
    world.router.forget(A.id);
    world.ask(only('a', { failure: 'rate_limited', waitMs: 60_000 }));
    world.router.answered(journey, A.id, world.nowMs);
    expect(world.ask(all('ok'))).toBe('b:ok');
    world.ask(all('connection_refused'));
    world.router.completed(journey, A.id, world.nowMs);
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('a failure is settled once', () => {
    const world = new RoutedWorld();
    const journey = begin(world);
    world.router.choose(journey, world.input());
    world.router.failed(journey, A, { failure: 'reset' }, world.nowMs);
    world.router.answered(journey, B.id, world.nowMs);
    world.router.ended(journey, world.nowMs);
    world.router.ended(journey, world.nowMs);
    expect(world.verdicts).toEqual(['a reset']);
    expect(world.statusOf(A.id)).toBe('admitted');
    expect(world.ask(all('ok'), who('ann'))).toBe('a:ok');
  });

  it('an unanswered failure is settled once, too', () => {
    const world = new RoutedWorld();
    const journey = begin(world);
    world.router.failed(journey, A, { failure: 'reset' }, world.nowMs);
    world.router.ended(journey, world.nowMs);
    world.nowMs += 61_000;
    world.router.ended(journey, world.nowMs);
    expect(world.ask(all('ok'), who('ann'))).toBe('a:ok');
  });

  it('a failure under a former URL is not settled at all', () => {
    const world = new RoutedWorld();
    for (const name of ['ann', 'bob', 'cyd']) {
      const journey = begin(world, name);
      world.router.failed(journey, A, { failure: 'reset' }, world.nowMs);
      world.router.forget(A.id);
      world.router.answered(journey, B.id, world.nowMs);
    }
    expect([world.statusOf(A.id), world.verdicts]).toEqual(['admitted', []]);
  });

  it('momentary load is reported, a limit of one model with a wait is not', () => {
    const world = new RoutedWorld();
    world.ask(only('a', 'overloaded'));
    world.ask(only('a', { failure: 'rate_limited', waitMs: 1_000 }), { model: 'other' });
    expect(world.verdicts).toEqual(['a overloaded']);
  });

  it('knows which endpoint turned away several in a row', () => {
    const world = new RoutedWorld();
    world.random = 0.99;
    const journey = begin(world);
    for (let time = 0; time < 2; time += 1) world.ask(only('a', 'overloaded'));
    expect(world.router.isBusy(journey, A.id, world.nowMs)).toBe(false);
    world.ask(only('a', 'overloaded'));
    expect(world.router.isBusy(journey, A.id, world.nowMs)).toBe(true);
    expect(world.router.isBusy(journey, B.id, world.nowMs)).toBe(false);
  });

  it('a sibling is avoided after a fault of the group, but not after a reset or load', () => {
    const [one, two, other] = [endpoint('a', 'g'), endpoint('b', 'g'), endpoint('c')];
    for (const [failure, story] of [
      ['server_error', 'a:server_error c:ok'],
      ['reset', 'a:reset b:ok'],
      ['overloaded', 'a:overloaded c:ok'],
    ] as const) {
      const world = new RoutedWorld([one, two, other]);
      expect(world.ask(only('a', failure), who('ann'))).toBe(story);
    }
  });

  it.each([
    ['overloaded', 'b'],
    ['server_error', 'c'],
  ] as const)('a sibling that has just answered is tried after %s: %s', (failure, id) => {
    const [one, two, other] = [endpoint('a', 'g'), endpoint('b', 'g'), endpoint('c')];
    const world = new RoutedWorld([one, two, other]);
    const journey = begin(world);
    world.router.answered(begin(world), two.id, world.nowMs);
    world.router.choose(journey, world.input());
    world.router.failed(journey, one, { failure }, world.nowMs);
    expect(world.router.choose(journey, world.input())).toMatchObject({ id });
  });

  it('failures of the request itself, of three people, are not expected of the next one', () => {
    const world = new RoutedWorld();
    for (const name of ['ann', 'bob', 'cyd']) world.ask(only('a', 'client_error'), who(name), 0);
    expect(world.ask(all('ok'), who('dan'))).toBe('a:ok');
  });

  it('two endpoints that give errors to one request are not blamed, a third that resets is', () => {
    const c = endpoint('c');
    const world = new RoutedWorld([A, B, c]);
    const answer = (id: string): Answer => (id === 'c' ? 'reset' : 'server_error');
    for (const name of ['ann', 'bob', 'cyd']) world.ask(answer, who(name), 9);
    expect([A, B, c].map(({ id }) => world.statusOf(id))).toEqual([
      ...['admitted', 'admitted', 'ejected'],
    ]);
  });

  it('an endpoint whose second answer to a request is good is not blamed for the first', () => {
    const world = new RoutedWorld();
    for (const name of ['ann', 'bob']) {
      world.ask(all('server_error'), who(name));
      const again = begin(world, name);
      world.router.answered(again, A.id, world.nowMs);
      world.router.ended(again, world.nowMs);
    }
    expect([A, B].map(({ id }) => world.statusOf(id))).toEqual(['admitted', 'ejected']);
  });

  it('an answer from under a former URL does not show that others are served', () => {
    const world = new RoutedWorld();
    const journey = begin(world);
    world.router.forget(A.id);
    world.router.answered(journey, A.id, world.nowMs);
    world.router.completed(journey, A.id, world.nowMs);
    for (const turn of [1, 2]) {
      world.ask(only('a', 'reset'), { caller: 'eve', fingerprint: `eve ${turn}` });
    }
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('a trial ends once, whatever happens to it', () => {
    for (const end of ['stale', 'failed', 'ended'] as const) {
      const world = new RoutedWorld([A]);
      world.ask(all('connection_refused'));
      world.nowMs += 60_000;
      const trial = begin(world);
      const full = () => {
        const other = begin(world);
        const input = { ...world.input(), endpoints: [A, { ...B, available: false }] };
        return world.router.preview(other, input);
      };
      world.router.choose(trial, world.input());
      expect(full()).toMatchObject({ id: 'b' });
      if (end === 'stale') world.router.stale(trial, A.id);
      if (end === 'failed') world.router.failed(trial, A, { failure: 'overloaded' }, world.nowMs);
      if (end !== 'ended') expect(full()).toMatchObject({ id: 'a' });
      world.router.ended(trial, world.nowMs);
      expect(full()).toMatchObject({ id: 'a' });
      const next = begin(world);
      world.router.choose(next, world.input());
      expect(full()).toMatchObject({ id: 'b' });
    }
  });

  it('two tokens that refuse one request are not blamed, a third failure of it is', () => {
    const c = endpoint('c');
    const world = new RoutedWorld([A, B, c]);
    const answer = (id: string): Answer => (id === 'c' ? 'reset' : 'credit');
    for (const name of ['ann', 'bob', 'cyd']) world.ask(answer, who(name), 9);
    expect([A, B, c].map(({ id }) => world.statusOf(id))).toEqual([
      ...['admitted', 'admitted', 'ejected'],
    ]);
  });

  it('one token beside another fault is doubted as usual', () => {
    const world = new RoutedWorld();
    const answer = (id: string): Answer => (id === 'a' ? 'token_refused' : 'reset');
    for (const name of ['ann', 'bob']) world.ask(answer, who(name), 9);
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('a model counts as denied only if another endpoint answers', () => {
    const world = new RoutedWorld([A, B, endpoint('c')]);
    for (const name of ['ann', 'bob', 'cyd']) world.ask(all('forbidden'), who(name));
    // Longer than three consecutive failures count.
    world.nowMs += 10_000;
    expect(world.ask(all('ok'), who('dan'))).toBe('a:ok');
  });

  it('silence that another endpoint answered counts immediately, an error answer once per person', () => {
    for (const [failure, status] of [
      ['reset', 'ejected'],
      ['server_error', 'admitted'],
    ] as const) {
      const world = new RoutedWorld();
      for (let time = 0; time < 2; time += 1) {
        world.ask(only('a', failure), { caller: 'ann', fingerprint: `${time}` });
      }
      expect(world.statusOf(A.id)).toBe(status);
    }
  });
});

describe('an endpoint that changes during an attempt', () => {
  const next = (world: RoutedWorld, journey: Journey) =>
    world.router.choose(journey, world.input());
  const failsChanged = (world: RoutedWorld, journey: Journey) => {
    next(world, journey);
    world.router.forget(A.id);
    world.router.failed(journey, A, { failure: 'server_error' }, world.nowMs);
  };
  const begin = (world: RoutedWorld) =>
    world.router.begin({ operation: 'messages', model: 'm', ...who('ann') });

  it('is tried again, and its group no longer counts as failing', () => {
    const world = new RoutedWorld([A, B]);
    const journey = begin(world);
    failsChanged(world, journey);
    expect(next(world, journey)).toMatchObject({ id: 'a' });
  });

  it('says nothing about another group that has failed the request', () => {
    const sibling = endpoint('sibling', B.groupName);
    const world = new RoutedWorld([B, sibling, A]);
    const journey = begin(world);
    next(world, journey);
    world.router.failed(journey, B, { failure: 'server_error' }, world.nowMs);
    failsChanged(world, journey);
    expect(next(world, journey)).toMatchObject({ id: 'a' });
  });

  it('is not blamed for its earlier answer, however the request ends', () => {
    const world = new RoutedWorld([A, B]);
    const journey = begin(world);
    next(world, journey);
    world.router.failed(journey, A, { failure: 'reset' }, world.nowMs);
    world.router.forget(A.id);
    world.router.failed(journey, A, { failure: 'reset' }, world.nowMs);
    world.router.answered(journey, B.id, world.nowMs);
    expect(world.verdicts).toEqual([]);
  });
});

describe('a session with thinking of one signature family', () => {
  it('is not sent to its preferred endpoint if that accepts another family', () => {
    const [a, b] = [
      { ...A, signatureFamily: 'vertex' },
      { ...B, signatureFamily: 'bedrock' },
    ];
    const world = new RoutedWorld([a, b]);
    const request = {
      ...who('ann'),
      operation: 'messages',
      model: 'm',
      signatureFamily: 'bedrock',
    } as const;
    const journey = world.router.begin(request);
    const input = { ...world.input(), preferredId: a.id };
    expect(world.router.preview(journey, input)).toMatchObject({ kind: 'send', id: 'b' });
    expect(world.router.isOpen(a, request, world.nowMs)).toBe(false);
    expect(world.router.isOpen(b, request, world.nowMs)).toBe(true);
  });
});
