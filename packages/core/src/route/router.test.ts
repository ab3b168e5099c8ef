import { FAILURE_CLASSES, type FailureClass } from '@zephyr/contract/failure';
import type { EndpointId } from '@zephyr/contract/scalars';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { endpointId } from '../types.ts';
import { ADMITTED } from './ejection.ts';
import type { Journey, RoutedEndpoint, RoutedRequest } from './journey.ts';
import { Router } from './router.ts';
import { isUnreachable, OPERATIONS, scopeOf } from './scope.ts';

const POLICY = { failuresToEject: 2, baseMs: 10_000, maxMs: 300_000, maxCoolDownMs: 1_800_000 };

const endpoint = (id: string, groupName = `group-${id}`): RoutedEndpoint => ({
  ...{ id: endpointId(id), groupName, enabled: true, available: true },
});
const A = endpoint('a');
const B = endpoint('b');

type Answer = 'ok' | 'cut' | FailureClass | { failure: FailureClass; waitMs: number };

/** One proxy with some endpoints: asks like the proxy does, with one retry. */
class World {
  nowMs = 1_000;
  random = 0.5;
  readonly verdicts: string[] = [];
  readonly router = new Router({
    policy: POLICY,
    rng: () => this.random,
    onBlamed: ({ id, failure }) => this.verdicts.push(`${id} ${failure}`),
  });
  readonly #endpoints: readonly RoutedEndpoint[];

  constructor(endpoints: readonly RoutedEndpoint[] = [A, B]) {
    this.#endpoints = endpoints;
  }

  /** @returns `a:reset b:ok` or `a:reset b:reset asked`. */
  ask(
    answerOf: (id: string) => Answer,
    request: Partial<RoutedRequest> = {},
    maxRetries = 1,
  ): string {
    const { router } = this;
    const journey = router.begin({
      ...{ operation: 'messages', model: 'm', source: 's', fingerprint: 'f' },
      ...request,
    });
    const story: string[] = [];
    let retries = 0;
    while (retries <= maxRetries) {
      const choice = router.choose(journey, this.input());
      if (choice.kind === 'none') {
        story.push(choice.why);
        break;
      }
      const { id } = choice;
      const answer = answerOf(id);
      if (answer === 'ok' || answer === 'cut') {
        story.push(`${id}:${answer}`);
        this.#answer(journey, id, answer);
        break;
      }
      const failed = typeof answer === 'string' ? { failure: answer } : answer;
      story.push(`${id}:${failed.failure}`);
      router.failed(journey, { id, groupName: this.#groupOf(id) }, failed, this.nowMs);
      if (!isFree(failed.failure, journey)) retries += 1;
    }
    router.ended(journey, this.nowMs);
    return story.join(' ');
  }

  input() {
    return {
      ...{ endpoints: this.#endpoints, preferredId: undefined, overloadedEverywhere: false },
      nowMs: this.nowMs,
    };
  }

  #answer(journey: Journey, id: EndpointId, answer: 'ok' | 'cut'): void {
    this.router.answered(journey, id, this.nowMs);
    if (answer === 'ok') this.router.completed(journey, id, this.nowMs);
    else this.router.cut(journey, id, 'truncated', this.nowMs);
  }

  #groupOf(id: EndpointId): string {
    return this.#endpoints.find((each) => each.id === id)?.groupName ?? '';
  }

  statusOf(id: EndpointId): string {
    return this.router.ejectionOf(id, this.nowMs).status;
  }
}

/** Nothing was delivered that could cost anything. */
function isFree(failure: FailureClass, { request }: Journey): boolean {
  return isUnreachable(failure) || scopeOf(failure, request.operation) === 'operation';
}

const only = (id: string, answer: Answer) => (asked: string) => (asked === id ? answer : 'ok');
/** Requests of different people. */
const who = (name: string) => ({ source: name, fingerprint: name });
const all = (answer: Answer) => () => answer;

describe('whose fault it is', () => {
  it('silence that another endpoint answered is the endpoint’s, and two of them eject it', () => {
    const world = new World();
    const stories = ['ann', 'bob', 'cyd'].map((name) =>
      world.ask(only('a', 'first_byte_timeout'), who(name)),
    );
    expect(stories).toEqual(['a:first_byte_timeout b:ok', 'a:first_byte_timeout b:ok', 'b:ok']);
    expect(world.verdicts).toEqual(['a first_byte_timeout', 'a first_byte_timeout']);
  });

  it('cuts count as they end: at most two before another endpoint serves', () => {
    const world = new World();
    expect([1, 2, 3].map(() => world.ask(only('a', 'cut')))).toEqual(['a:cut', 'a:cut', 'b:ok']);
  });

  it('an endpoint that cannot be reached is out at once', () => {
    const world = new World();
    world.ask(only('a', 'refused'));
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('a poisoned request ejects nobody, whether one endpoint fails it or both', () => {
    for (const answer of [
      only('a', 'server_error'),
      all('server_error'),
      all('first_byte_timeout'),
    ]) {
      const world = new World();
      for (let time = 0; time < 3; time += 1) world.ask(answer);
      expect([world.statusOf(A.id), world.statusOf(B.id)]).toEqual(['admitted', 'admitted']);
    }
  });

  it('different requests that fail alike eject', () => {
    const world = new World();
    world.ask(only('a', 'server_error'), who('ann'));
    world.ask(only('a', 'server_error'), who('bob'));
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('where every endpoint but one fails every request alike, that one is found', () => {
    const world = new World([A, B, endpoint('c')]);
    const answer = (id: string): Answer => (id === 'c' ? 'ok' : 'server_error');
    const stories = Array.from({ length: 20 }, () => world.ask(answer));
    expect(stories.slice(-8).every((story) => story.includes('c:ok'))).toBe(true);
  });

  it('a token is refused when a second, different request says so', () => {
    const world = new World();
    for (let time = 0; time < 3; time += 1) world.ask(only('a', 'token_refused'));
    expect(world.statusOf(A.id)).toBe('admitted');
    world.ask(only('a', 'token_refused'), { fingerprint: 'other' });
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('a model that one endpoint refuses is asked elsewhere, other models as before', () => {
    const world = new World();
    const opus = { model: 'opus' };
    world.ask(only('a', 'forbidden'), { ...opus, ...who('ann') });
    world.ask(only('a', 'forbidden'), { ...opus, ...who('bob') });
    expect(world.ask(all('ok'), opus)).toBe('b:ok');
    expect(world.ask(all('ok'), { model: 'haiku' })).toBe('a:ok');
  });

  it('a limit belongs to its model; the endpoint is asked again after its time', () => {
    const world = new World();
    const limited = only('a', { failure: 'rate_limited', waitMs: 86_400_000 });
    expect(world.ask(limited, { model: 'opus' })).toBe('a:rate_limited b:ok');
    expect(world.ask(limited, { model: 'opus' })).toBe('b:ok');
    expect(world.ask(all('ok'), { model: 'haiku' })).toBe('a:ok');
    world.nowMs += POLICY.maxCoolDownMs;
    expect(world.ask(all('ok'), { model: 'opus' })).toBe('a:ok');
    expect(world.verdicts).toEqual([]);
  });

  it('an answer of our own needs two people who were told a time, or two requests of one', () => {
    const limited = all({ failure: 'rate_limited', waitMs: 5_000 });
    const world = new World([A]);
    expect(world.ask(limited, who('ann'))).toBe('a:rate_limited asked');
    expect(world.ask(limited, { source: 'ann', fingerprint: 'ann 2' })).toBe(
      'a:rate_limited asked',
    );
    expect(world.ask(limited, { source: 'ann', fingerprint: 'ann 3' })).toBe('limited');
    expect(world.ask(limited, who('bob'))).toBe('a:rate_limited asked');
    expect(world.ask(limited, who('cyd'))).toBe('limited');
    world.nowMs += 5_000;
    expect(world.ask(all('ok'))).toBe('a:ok');
  });

  it('two large requests of one person take nothing from anybody else', () => {
    const world = new World();
    const limited = all({ failure: 'rate_limited', waitMs: 30_000 });
    world.ask(limited, { source: 'ann', fingerprint: 'ann 1' });
    world.ask(limited, { source: 'ann', fingerprint: 'ann 2' });
    expect(world.ask(all('ok'), who('bob'))).toBe('a:ok');
  });

  it('one endpoint, one 529: the next request is asked as before', () => {
    const world = new World([A]);
    world.ask(all('overloaded'));
    expect(world.ask(all('ok'))).toBe('a:ok');
  });

  it('an operation that an endpoint does not have is asked of the others, and is no fault', () => {
    const world = new World();
    const count = { operation: 'count_tokens' } as const;
    expect(world.ask(only('a', 'unsupported'), count)).toBe('a:unsupported b:ok');
    expect(world.ask(only('a', 'unsupported'), count)).toBe('b:ok');
    expect(world.ask(all('ok'))).toBe('a:ok');
    expect(world.verdicts).toEqual([]);
  });

  it('a group that fails is left as a group', () => {
    const world = new World([
      endpoint('m1', 'main'),
      endpoint('m2', 'main'),
      endpoint('x', 'backup'),
    ]);
    const answer = (id: string): Answer => (id === 'x' ? 'ok' : 'server_error');
    expect(world.ask(answer)).toBe('m1:server_error x:ok');
  });

  it('a dead connection is nobody’s fault: others are asked first, then the same endpoint once more', () => {
    for (const endpoints of [[A, B], [A]]) {
      const world = new World(endpoints);
      const journey = world.router.begin({ operation: 'messages', model: 'm', ...who('ann') });
      expect(world.router.choose(journey, world.input())).toMatchObject({ id: 'a' });
      world.router.stale(journey, A.id);
      const asked = endpoints.map(() => world.router.choose(journey, world.input()));
      expect(asked).toMatchObject([{ id: 'b' }, { id: 'a' }].slice(2 - endpoints.length));
      expect(world.router.choose(journey, world.input()).kind).toBe('none');
      world.router.ended(journey, world.nowMs);
      expect(world.verdicts).toEqual([]);
    }
  });

  it.each(['token_refused', 'credit'] as const)(
    'a request that two tokens refuse alike says nothing about either: %s',
    (failure) => {
      const [one, sibling, backup] = [endpoint('a', 'main'), endpoint('b', 'main'), endpoint('c')];
      for (const [endpoints, status] of [
        [[one, backup], 'admitted'],
        [[one, sibling], 'ejected'],
      ] as const) {
        const world = new World(endpoints);
        for (let turn = 0; turn < 6; turn += 1) {
          world.ask(() => failure, { source: 'eve', fingerprint: `eve ${turn}` }, 2);
        }
        expect(endpoints.map(({ id }) => world.statusOf(id))).toEqual([status, status]);
      }
    },
  );

  it.each(['cut', 'refused', 'reset', 'forbidden', 'overloaded'] as const)(
    'what a request met under a former URL is not held against the new one: %s',
    (failure) => {
      const world = new World();
      const ask = (): Journey => {
        const journey = world.router.begin({
          ...{ operation: 'messages', model: 'm' },
          ...who(`person ${Math.trunc(world.nowMs)}`),
        });
        world.nowMs += 1;
        world.router.choose(journey, world.input());
        return journey;
      };
      const running = [ask(), ask(), ask(), ask()];
      world.router.forget(A.id);
      for (const journey of running) {
        if (failure === 'cut') {
          world.router.answered(journey, A.id, world.nowMs);
          world.router.cut(journey, A.id, 'truncated', world.nowMs);
        } else {
          world.router.failed(journey, A, { failure, waitMs: 60_000 }, world.nowMs);
          world.router.answered(journey, B.id, world.nowMs);
        }
        world.router.ended(journey, world.nowMs);
      }
      expect([...ask().tried]).toEqual(['a']);
      expect(world.router.ejectionOf(A.id, world.nowMs)).toEqual(ADMITTED);
      expect(world.verdicts).toEqual([]);
    },
  );

  it('one person’s failures are reported to the controller once in a while, others’ each time', () => {
    const world = new World();
    for (let turn = 0; turn < 5; turn += 1) {
      world.ask(only('a', 'server_error'), { source: 'ann', fingerprint: `ann ${turn}` });
      world.ask(all('ok'), who('bob'));
    }
    world.ask(only('a', 'server_error'), who('cyd'));
    world.ask(all('ok'), who('bob'));
    world.ask(all('server_error'), who('dan'));
    expect(world.verdicts).toEqual(['a server_error', 'a server_error']);
  });

  it('one person’s poisoned requests, all different, eject nobody', () => {
    for (const answer of [all('server_error'), all('reset'), all('not_claude')]) {
      const world = new World();
      for (let turn = 0; turn < 40; turn += 1) {
        world.ask(answer, { source: 'poisoner', fingerprint: `poisoner ${turn}` });
        expect(world.ask(all('ok'), who(`person ${turn % 9}`))).toBe('a:ok');
      }
      expect([world.statusOf(A.id), world.statusOf(B.id)]).toEqual(['admitted', 'admitted']);
    }
  });

  it('a person without others finds the one endpoint that answers', () => {
    const world = new World([A, B, endpoint('c')]);
    const answer = (id: string): Answer => (id === 'c' ? 'ok' : 'server_error');
    const stories = Array.from({ length: 9 }, (_, turn) =>
      world.ask(answer, { fingerprint: `turn ${turn}` }),
    );
    expect(stories.filter((story) => !story.endsWith('c:ok'))).toHaveLength(1);
  });
});

describe('the first choice', () => {
  const choose = (
    world: World,
    parts: Partial<Parameters<Router['preview']>[1]> = {},
    request: Partial<RoutedRequest> = {},
  ) => {
    const base = { operation: 'messages', model: 'm', source: 's', fingerprint: 'f' } as const;
    const journey = world.router.begin({ ...base, ...request });
    return world.router.preview(journey, { ...world.input(), ...parts });
  };
  const off = (parts: Partial<RoutedEndpoint>) => ({ ...A, ...parts });

  it.each([
    ['the first', { endpoints: [A, B] }, 'a', true],
    ['the one with the cache', { endpoints: [A, B], preferredId: B.id }, 'b', true],
    ['none has the cache any more', { endpoints: [A], preferredId: B.id }, 'a', false],
    ['not a disabled one', { endpoints: [off({ enabled: false }), B] }, 'b', false],
    ['not one that is unavailable', { endpoints: [off({ available: false }), B] }, 'b', true],
    ['the only one', { endpoints: [A] }, 'a', false],
    ['a disabled one is no alternative', { endpoints: [B, off({ enabled: false })] }, 'b', false],
  ] as const)('%s', (_, parts, id, hasAlternative) => {
    expect(choose(new World(), parts)).toEqual({ kind: 'send', id, hasAlternative });
  });

  it('an endpoint that is waited for is no alternative, and neither preferred', () => {
    const world = new World();
    const limited = only('b', { failure: 'rate_limited', waitMs: 5_000 });
    for (const name of ['ann', 'bob']) {
      const journey = world.router.begin({ operation: 'messages', model: 'm', ...who(name) });
      world.router.failed(journey, B, limited('b') as { failure: FailureClass }, world.nowMs);
    }
    expect(choose(world)).toMatchObject({ id: 'a', hasAlternative: false });
    expect(choose(world, { preferredId: B.id })).toMatchObject({ id: 'a', hasAlternative: false });
    expect(choose(world, {}, { model: 'other' })).toMatchObject({ id: 'a', hasAlternative: true });
  });

  it('is what a look at all endpoints would say', () => {
    const state = fc.record({
      enabled: fc.boolean(),
      available: fc.boolean(),
      answers: fc.array(fc.constantFrom<Answer>('ok', 'cut', 'refused', 'overloaded'), {
        maxLength: 4,
      }),
    });
    fc.assert(
      fc.property(fc.tuple(state, state), fc.constantFrom(undefined, 'a', 'b'), (states, cache) => {
        const endpoints = [A, B].map((of, index) => ({ ...of, ...states[index] }));
        const world = new World(endpoints);
        for (const { answers } of states) for (const each of answers) world.ask(all(each));
        const input = {
          ...world.input(),
          endpoints,
          preferredId: cache === undefined ? undefined : endpointId(cache),
        };
        const journey = world.router.begin({ operation: 'messages', model: 'm', ...who('zoe') });
        const quick = world.router.preview(journey, input);
        // With somebody tried already it looks at all of them.
        journey.tried.add(endpointId('nobody'));
        expect(world.router.preview(journey, input)).toEqual(quick);
      }),
    );
  });
});

describe('what a router keeps', () => {
  const begin = (world: World, name = 'ann', operation: RoutedRequest['operation'] = 'messages') =>
    world.router.begin({ operation, model: 'm', ...who(name) });

  it('takes a changed policy', () => {
    const world = new World();
    world.router.reconfigure({ ...POLICY, failuresToEject: 1 });
    world.ask(only('a', 'cut'));
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('forgets all of an endpoint that has changed', () => {
    const world = new World();
    const first = { requestClass: 'opus/m', isCached: true };
    for (let index = 0; index < 4; index += 1) world.router.times.note(A.id, first, 100);
    world.ask(only('a', 'unsupported'), { operation: 'count_tokens' });
    world.router.forget(A.id);
    const limits = { unusualMs: 45_000, ceilingMs: 60_000, readingMs: 0 };
    expect(world.router.times.limitMs(A.id, first, limits)).toBe(45_000);
    expect(world.ask(all('ok'), { operation: 'count_tokens' })).toBe('a:ok');
  });

  it('a recovery ends the doubt about a token too', () => {
    const world = new World();
    world.ask(only('a', 'token_refused'), { fingerprint: 'one' });
    world.router.recover(A.id);
    world.ask(only('a', 'token_refused'), { fingerprint: 'two' });
    expect(world.statusOf(A.id)).toBe('admitted');
  });

  it('good answers bring an endpoint back, those of messages alone', () => {
    const world = new World([A]);
    world.ask(all('refused'));
    world.ask(all('ok'), { operation: 'count_tokens' });
    expect(world.statusOf(A.id)).toBe('ejected');
    world.ask(all('ok'));
    expect(world.statusOf(A.id)).toBe('half_open');
    for (let answer = 0; answer < 4; answer += 1) world.ask(all('ok'));
    expect(world.statusOf(A.id)).toBe('admitted');
  });

  it('a cut of another operation is nobody’s fault', () => {
    const world = new World([A]);
    for (let time = 0; time < 5; time += 1) {
      world.ask(all('cut'), { operation: 'count_tokens', ...who(`${time}`) });
    }
    expect([world.statusOf(A.id), world.verdicts]).toEqual(['admitted', []]);
  });

  it('an answer shows that the model is served and that the person is not to blame', () => {
    const world = new World();
    const limited = only('a', { failure: 'rate_limited', waitMs: 60_000 });
    world.ask(limited);
    expect(world.ask(all('ok'))).toBe('b:ok');
    const journey = begin(world);
    world.router.answered(journey, A.id, world.nowMs);
    expect(world.ask(all('ok'))).toBe('a:ok');
  });

  it('an answer from under a former URL does not', () => {
    const world = new World();
    const journey = begin(world);
    world.router.forget(A.id);
    world.ask(only('a', { failure: 'rate_limited', waitMs: 60_000 }));
    world.router.answered(journey, A.id, world.nowMs);
    expect(world.ask(all('ok'))).toBe('b:ok');
    world.ask(all('refused'));
    world.router.completed(journey, A.id, world.nowMs);
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('what failed is settled once', () => {
    const world = new World();
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

  it('what no endpoint answered is settled once, too', () => {
    const world = new World();
    const journey = begin(world);
    world.router.failed(journey, A, { failure: 'reset' }, world.nowMs);
    world.router.ended(journey, world.nowMs);
    world.nowMs += 61_000;
    world.router.ended(journey, world.nowMs);
    expect(world.ask(all('ok'), who('ann'))).toBe('a:ok');
  });

  it('what failed under a former URL is not settled at all', () => {
    const world = new World();
    for (const name of ['ann', 'bob', 'cyd']) {
      const journey = begin(world, name);
      world.router.failed(journey, A, { failure: 'reset' }, world.nowMs);
      world.router.forget(A.id);
      world.router.answered(journey, B.id, world.nowMs);
    }
    expect([world.statusOf(A.id), world.verdicts]).toEqual(['admitted', []]);
  });

  it('load of the moment is reported, a limit of one model with a time is not', () => {
    const world = new World();
    world.ask(only('a', 'overloaded'));
    world.ask(only('a', { failure: 'rate_limited', waitMs: 1_000 }), { model: 'other' });
    expect(world.verdicts).toEqual(['a overloaded']);
  });

  it('knows who turned away some in a row', () => {
    const world = new World();
    world.random = 0.99;
    const journey = begin(world);
    for (let time = 0; time < 2; time += 1) world.ask(only('a', 'overloaded'));
    expect(world.router.isBusy(journey, A.id, world.nowMs)).toBe(false);
    world.ask(only('a', 'overloaded'));
    expect(world.router.isBusy(journey, A.id, world.nowMs)).toBe(true);
    expect(world.router.isBusy(journey, B.id, world.nowMs)).toBe(false);
  });

  it('a sibling is left for a fault of the group, and not for a reset or for load', () => {
    const [one, two, other] = [endpoint('a', 'g'), endpoint('b', 'g'), endpoint('c')];
    for (const [failure, story] of [
      ['server_error', 'a:server_error c:ok'],
      ['reset', 'a:reset b:ok'],
      ['overloaded', 'a:overloaded c:ok'],
    ] as const) {
      const world = new World([one, two, other]);
      expect(world.ask(only('a', failure), who('ann'))).toBe(story);
    }
    const world = new World([one, two, other]);
    const journey = begin(world);
    world.router.answered(begin(world), two.id, world.nowMs);
    world.router.choose(journey, world.input());
    world.router.failed(journey, one, { failure: 'overloaded' }, world.nowMs);
    expect(world.router.choose(journey, world.input())).toMatchObject({ id: 'b' });
  });

  it('a trial ends once, whatever happens to it', () => {
    for (const end of ['stale', 'failed', 'ended'] as const) {
      const world = new World([A]);
      world.ask(all('refused'));
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
    const world = new World([A, B, c]);
    const answer = (id: string): Answer => (id === 'c' ? 'reset' : 'credit');
    for (const name of ['ann', 'bob', 'cyd']) world.ask(answer, who(name), 9);
    expect([A, B, c].map(({ id }) => world.statusOf(id))).toEqual([
      ...['admitted', 'admitted', 'ejected'],
    ]);
  });

  it('one token beside another fault is doubted as ever', () => {
    const world = new World();
    const answer = (id: string): Answer => (id === 'a' ? 'token_refused' : 'reset');
    for (const name of ['ann', 'bob']) world.ask(answer, who(name), 9);
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('a model is refused only by what another endpoint answers', () => {
    const world = new World([A, B, endpoint('c')]);
    for (const name of ['ann', 'bob', 'cyd']) world.ask(all('forbidden'), who(name));
    expect(world.ask(all('ok'), who('dan'))).toBe('a:ok');
  });

  it('silence that another endpoint answered counts at once, an error answer once for each person', () => {
    for (const [failure, status] of [
      ['reset', 'ejected'],
      ['server_error', 'admitted'],
    ] as const) {
      const world = new World();
      for (let time = 0; time < 2; time += 1) {
        world.ask(only('a', failure), { source: 'ann', fingerprint: `${time}` });
      }
      expect(world.statusOf(A.id)).toBe(status);
    }
  });
});

describe('one person among others', () => {
  const failing = ['cut', 'reset', 'first_byte_timeout', 'credit', 'token_refused'] as const;

  it.each(failing)('whose requests alone meet it takes nothing from the others: %s', (bad) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(59_000), (times, waitMs) => {
        const world = new World();
        world.ask(all('ok'), who('ann'));
        world.nowMs += waitMs;
        for (let time = 0; time < times; time += 1) {
          world.ask(only('a', bad), { source: 'eve', fingerprint: `eve ${time}` });
        }
        expect(world.statusOf(A.id)).toBe('admitted');
        expect(world.ask(all('ok'), who('ann'))).toBe('a:ok');
      }),
    );
  });

  it.each(failing)('is served elsewhere soon, and a second person is proof: %s', (bad) => {
    const world = new World();
    world.ask(all('ok'), who('ann'));
    const stories = [1, 2, 3].map((turn) =>
      world.ask(only('a', bad), { source: 'eve', fingerprint: `eve ${turn}` }),
    );
    expect(stories.at(-1)).toBe('b:ok');
    expect(stories.filter((story) => story === 'a:cut').length).toBeLessThanOrEqual(1);
    world.ask(only('a', bad), who('bob'));
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it.each(failing)('who is the only one there needs nobody else’s proof: %s', (bad) => {
    const world = new World();
    world.ask(all('ok'), who('ann'));
    world.nowMs += 60_000;
    for (const turn of [1, 2]) {
      world.ask(only('a', bad), { source: 'eve', fingerprint: `eve ${turn}` });
    }
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('poisons from many sessions, and ejects nobody', () => {
    const world = new World([A, B, endpoint('c')]);
    for (let turn = 0; turn < 20; turn += 1) {
      world.ask(all('server_error'), who(`session ${turn % 5}`));
    }
    expect(world.statusOf(A.id)).toBe('admitted');
    expect(world.ask(all('ok'), who('ann'))).toBe('a:ok');
  });

  it('who asks the same again and is answered then has shown whose fault it was', () => {
    const world = new World([A, B, endpoint('c')]);
    const answer = (id: string): Answer => (id === 'c' ? 'ok' : 'server_error');
    for (const name of ['ann', 'bob']) {
      expect(world.ask(answer, who(name))).toBe('a:server_error b:server_error');
      expect(world.ask(answer, who(name))).toBe('c:ok');
    }
    expect([A, B].map(({ id }) => world.statusOf(id))).toEqual(['ejected', 'ejected']);
  });
});

describe('trials of a half-open endpoint', () => {
  const begin = (world: World, name: string): Journey =>
    world.router.begin({ operation: 'messages', model: 'm', ...who(name) });

  /** `a` has been ejected, and its time has passed. */
  function recovered(): World {
    const world = new World();
    world.ask(only('a', 'refused'));
    world.nowMs += 60_000;
    return world;
  }

  it('make room with their first content: a long answer holds nobody up', () => {
    const world = recovered();
    const [long, second, third] = ['long', 'second', 'third'].map((name) => begin(world, name));
    if (long === undefined || second === undefined || third === undefined) throw new Error();
    expect(world.router.choose(long, world.input())).toMatchObject({ id: 'a' });
    expect(world.router.choose(second, world.input())).toMatchObject({ id: 'b' });
    world.router.answered(long, A.id, world.nowMs);
    expect(world.router.choose(third, world.input())).toMatchObject({ id: 'a' });
    for (const journey of [long, second, third]) world.router.ended(journey, world.nowMs);
    expect(world.router.choose(begin(world, 'fourth'), world.input())).toMatchObject({ id: 'a' });
  });

  it('of a former time hold nobody up, and what they meet says nothing of now', () => {
    const world = recovered();
    const old = begin(world, 'old');
    expect(world.router.choose(old, world.input())).toMatchObject({ id: 'a' });
    // It is ejected again while that one is silent, and its time passes once more.
    world.router.recover(A.id);
    const refused = begin(world, 'refused');
    world.router.choose(refused, { ...world.input(), endpoints: [A] });
    world.router.failed(refused, A, { failure: 'refused' }, world.nowMs);
    world.router.ended(refused, world.nowMs);
    world.nowMs += 300_000;
    expect(world.router.preview(begin(world, 'new'), world.input())).toMatchObject({ id: 'a' });
    world.router.failed(old, A, { failure: 'first_byte_timeout' }, world.nowMs);
    world.router.answered(old, B.id, world.nowMs);
    world.router.ended(old, world.nowMs);
    expect(world.statusOf(A.id)).toBe('half_open');
    expect(world.router.preview(begin(world, 'new'), world.input())).toMatchObject({ id: 'a' });
  });

  it('an answer that began before an ejection does not end it', () => {
    const world = new World();
    const long = begin(world, 'long');
    world.router.choose(long, world.input());
    world.router.answered(long, A.id, world.nowMs);
    for (const name of ['ann', 'bob']) world.ask(only('a', 'cut'), who(name));
    world.router.completed(long, A.id, world.nowMs);
    world.router.ended(long, world.nowMs);
    expect(world.statusOf(A.id)).toBe('ejected');
  });
});

describe('where all are ejected', () => {
  it('the one that is well again is found by the first request, whatever its time', () => {
    const world = new World([A, B, endpoint('c')]);
    for (let time = 0; time < 6; time += 1) {
      world.ask(all('refused'), who(`person ${time}`), 0);
      world.nowMs += 1_000;
    }
    for (const name of ['ann', 'bob', 'cyd']) {
      world.ask((id) => (id === 'c' ? 'refused' : 'reset'), who(name), 2);
    }
    const stories = [1, 2, 3].map((turn) => {
      world.nowMs += 100;
      return world.ask((id) => (id === 'c' ? 'ok' : 'reset'), who(`turn ${turn}`), 0);
    });
    expect(stories.at(-1)).toBe('c:ok');
  });
});

describe('the second failure of a lifetime', () => {
  it('loses no more than the first', () => {
    const world = new World();
    for (let time = 0; time < 2; time += 1) world.ask(only('a', 'refused'));
    // It is well again, but nobody has asked it since.
    world.nowMs += 60_000;
    for (let time = 0; time < 20; time += 1) {
      expect(world.ask(only('b', 'refused'))).toMatch(/a:ok$/);
    }
  });

  it('a half-open endpoint lets few in while the others are well, and all when they are not', () => {
    const world = new World();
    world.ask(only('a', 'refused'));
    world.nowMs += 60_000;
    const input = {
      endpoints: [A, B],
      preferredId: undefined,
      overloadedEverywhere: false,
      nowMs: world.nowMs,
    };
    const begin = () =>
      world.router.begin({ operation: 'messages', model: 'm', source: 's', fingerprint: 'f' });
    const [first, second] = [begin(), begin()];
    expect(world.router.choose(first, input)).toMatchObject({ id: 'a' });
    expect(world.router.choose(second, input)).toMatchObject({ id: 'b' });
    world.router.failed(second, B, { failure: 'refused' }, world.nowMs);
    expect(world.router.choose(second, input)).toMatchObject({ id: 'a' });
    world.router.ended(first, world.nowMs);
    world.router.ended(second, world.nowMs);
    expect(world.router.preview(begin(), input)).toMatchObject({ id: 'a' });
  });

  it('a recovery from elsewhere, or a changed token, ends an ejection at once', () => {
    const world = new World();
    world.ask(only('a', 'refused'));
    world.router.recover(A.id);
    expect(world.ask(all('ok'))).toBe('a:ok');
    world.ask(only('a', 'refused'));
    world.router.forget(A.id);
    expect(world.statusOf(A.id)).toBe('admitted');
  });
});

describe('invariants', () => {
  const answer = fc.oneof(
    fc.constantFrom<Answer>('ok', 'cut', ...FAILURE_CLASSES),
    fc.record({
      failure: fc.constantFrom<FailureClass>('rate_limited', 'overloaded'),
      waitMs: fc.nat(60_000),
    }),
  );
  const step = fc.record({
    answers: fc.tuple(answer, answer, answer),
    operation: fc.constantFrom(...OPERATIONS.filter((each) => each !== 'extra')),
    model: fc.constantFrom('haiku', 'opus'),
    fingerprint: fc.constantFrom('ann', 'bob'),
    waitMs: fc.nat(20_000),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });

  it('no request is given up before every endpoint was asked that named no time for its model', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new World([A, B, endpoint('c')]);
        for (const { answers, waitMs, random, ...request } of steps) {
          world.nowMs += waitMs;
          world.random = random;
          world.ask((id) => answers['abc'.indexOf(id)] ?? 'ok', request);
        }
        const story = world.ask(all('server_error'), { model: 'sonnet' }, 9);
        expect(
          story
            .split(' ')
            .filter((each) => each !== 'asked')
            .toSorted(),
        ).toEqual(['a:server_error', 'b:server_error', 'c:server_error']);
      }),
    );
  });

  it('what one person asks three times changes nothing for another', () => {
    const poisoned = fc.constantFrom<Answer>(
      ...(['forbidden', 'credit', 'token_refused', 'model_not_found', 'server_error'] as const),
      ...(['not_claude', 'client_error', 'unsupported', 'rate_limited'] as const),
      { failure: 'rate_limited', waitMs: 86_400_000 },
    );
    const request = fc.record({
      operation: fc.constantFrom(...OPERATIONS),
      model: fc.constantFrom('haiku', 'opus'),
    });
    fc.assert(
      fc.property(poisoned, fc.boolean(), request, (bad, isBoth, asked) => {
        const world = new World();
        for (let time = 0; time < 3; time += 1) {
          world.ask(isBoth ? all(bad) : only('a', bad), { ...asked, ...who('poisoner') });
        }
        expect([world.statusOf(A.id), world.statusOf(B.id)]).toEqual(['admitted', 'admitted']);
        for (let time = 0; time < 10; time += 1) {
          expect(world.ask(all('ok'), { model: 'sonnet', ...who(`${time}`) })).toBe('a:ok');
        }
      }),
    );
  });

  it('trials are given back: after any story a half-open endpoint takes requests again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new World();
        for (const { answers, waitMs, random, ...request } of steps) {
          world.nowMs += waitMs;
          world.random = random;
          world.ask((id) => answers['ab'.indexOf(id)] ?? 'ok', request);
        }
        world.ask(only('a', 'refused'), { model: 'x' });
        world.ask(only('a', 'refused'), { model: 'x' });
        world.nowMs += 3_000_000;
        expect(world.ask(all('ok'), { model: 'y' })).toBe('a:ok');
      }),
    );
  });
});
