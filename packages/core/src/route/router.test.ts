import { FAILURE_CLASSES, type FailureClass } from '@zephyr/contract/failure';
import type { EndpointId } from '@zephyr/contract/scalars';
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
import { NOT_EJECTED } from './ejection.ts';
import { OPERATIONS } from './failure-scope.ts';
import type { Journey } from './journey.ts';

describe('whose fault it is', () => {
  it('silence that another endpoint answered is the endpoint’s, and two of them eject it', () => {
    const world = new RoutedWorld();
    const stories = ['ann', 'bob', 'cyd'].map((name) =>
      world.ask(only('a', 'first_byte_timeout'), who(name)),
    );
    expect(stories).toEqual(['a:first_byte_timeout b:ok', 'a:first_byte_timeout b:ok', 'b:ok']);
    expect(world.verdicts).toEqual(['a first_byte_timeout', 'a first_byte_timeout']);
  });

  it('cuts count as they happen: at most two before another endpoint serves', () => {
    const world = new RoutedWorld();
    expect([1, 2, 3].map(() => world.ask(only('a', 'cut')))).toEqual(['a:cut', 'a:cut', 'b:ok']);
  });

  it('an unreachable endpoint is ejected immediately', () => {
    const world = new RoutedWorld();
    world.ask(only('a', 'connection_refused'));
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('a poisoned request ejects no endpoint, whether one fails it or both', () => {
    for (const answer of [
      only('a', 'server_error'),
      all('server_error'),
      all('first_byte_timeout'),
    ]) {
      const world = new RoutedWorld();
      for (let time = 0; time < 3; time += 1) world.ask(answer);
      expect([world.statusOf(A.id), world.statusOf(B.id)]).toEqual(['admitted', 'admitted']);
    }
  });

  it('different requests with the same failure eject', () => {
    const world = new RoutedWorld();
    world.ask(only('a', 'server_error'), who('ann'));
    world.ask(only('a', 'server_error'), who('bob'));
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('if every endpoint but one fails every request alike, that one is found', () => {
    const world = new RoutedWorld([A, B, endpoint('c')]);
    const answer = (id: string): Answer => (id === 'c' ? 'ok' : 'server_error');
    const stories = Array.from({ length: 20 }, () => world.ask(answer));
    expect(stories.slice(-8).every((story) => story.includes('c:ok'))).toBe(true);
  });

  it('a token is refused when a second, different request says so', () => {
    const world = new RoutedWorld();
    for (let time = 0; time < 3; time += 1) world.ask(only('a', 'token_refused'));
    expect(world.statusOf(A.id)).toBe('admitted');
    world.ask(only('a', 'token_refused'), { fingerprint: 'other' });
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('a model that one endpoint denies is requested elsewhere, other models as before', () => {
    const world = new RoutedWorld();
    const opus = { model: 'opus' };
    world.ask(only('a', 'forbidden'), { ...opus, ...who('ann') });
    world.ask(only('a', 'forbidden'), { ...opus, ...who('bob') });
    expect(world.ask(all('ok'), opus)).toBe('b:ok');
    expect(world.ask(all('ok'), { model: 'haiku' })).toBe('a:ok');
  });

  it('a limit belongs to its model; the endpoint is tried again after the wait', () => {
    const world = new RoutedWorld();
    const limited = only('a', { failure: 'rate_limited', waitMs: 86_400_000 });
    expect(world.ask(limited, { model: 'opus' })).toBe('a:rate_limited b:ok');
    expect(world.ask(limited, { model: 'opus' })).toBe('b:ok');
    expect(world.ask(all('ok'), { model: 'haiku' })).toBe('a:ok');
    world.nowMs += POLICY.maxCoolDownMs;
    expect(world.ask(all('ok'), { model: 'opus' })).toBe('a:ok');
    expect(world.verdicts).toEqual([]);
  });

  it('our own refusal needs two people who were asked to wait, or two requests of one', () => {
    const limited = all({ failure: 'rate_limited', waitMs: 5_000 });
    const world = new RoutedWorld([A]);
    expect(world.ask(limited, who('ann'))).toBe('a:rate_limited asked');
    expect(world.ask(limited, { caller: 'ann', fingerprint: 'ann 2' })).toBe(
      'a:rate_limited asked',
    );
    expect(world.ask(limited, { caller: 'ann', fingerprint: 'ann 3' })).toBe('limited');
    expect(world.ask(limited, who('bob'))).toBe('a:rate_limited asked');
    expect(world.ask(limited, who('cyd'))).toBe('limited');
    world.nowMs += 5_000;
    expect(world.ask(all('ok'))).toBe('a:ok');
  });

  it('two large requests of one person do not affect anyone else', () => {
    const world = new RoutedWorld();
    const limited = all({ failure: 'rate_limited', waitMs: 30_000 });
    world.ask(limited, { caller: 'ann', fingerprint: 'ann 1' });
    world.ask(limited, { caller: 'ann', fingerprint: 'ann 2' });
    expect(world.ask(all('ok'), who('bob'))).toBe('a:ok');
  });

  it('one person’s wait does not rank an endpoint behind ejected ones: others reach it in time', () => {
    const [c, d] = [endpoint('c'), endpoint('d')];
    const world = new RoutedWorld([A, B, c, d]);
    const limited: Answer = { failure: 'rate_limited', waitMs: 3_600_000 };
    const answer = (ofA: Answer) => (id: string) => (id === 'a' ? ofA : 'server_error');
    for (const { id } of [B, c, d]) {
      const alone = (of: string): Answer => (of === id ? 'server_error' : 'connection_refused');
      for (const name of ['ann', 'bob']) world.ask(alone, who(name));
    }
    world.router.recover(A.id);
    world.ask(answer('ok'), who('ann'));
    world.ask(answer(limited), who('eve'));
    expect([B, c, d].map(({ id }) => world.statusOf(id))).toEqual(Array(3).fill('ejected'));
    expect(world.ask(answer('ok'), who('ann'))).toBe('a:ok');
  });

  it('one endpoint, one 529: the next request is sent as before', () => {
    const world = new RoutedWorld([A]);
    world.ask(all('overloaded'));
    expect(world.ask(all('ok'))).toBe('a:ok');
  });

  it('an operation that an endpoint lacks is requested from the others, and is no fault', () => {
    const world = new RoutedWorld();
    const count = { operation: 'count_tokens' } as const;
    expect(world.ask(only('a', 'unsupported'), count)).toBe('a:unsupported b:ok');
    expect(world.ask(only('a', 'unsupported'), count)).toBe('b:ok');
    const list = { operation: 'models' } as const;
    expect(world.ask(only('a', 'unsupported'), { ...list, isLookup: true })).toBe(
      'a:unsupported b:ok',
    );
    expect(world.ask(only('a', 'first_byte_timeout'), list)).toBe('a:first_byte_timeout b:ok');
    expect(world.ask(all('ok'), list)).toBe('b:ok');
    expect(world.ask(all('ok'))).toBe('a:ok');
    expect(world.verdicts).toEqual([]);
  });

  it('a failing group is avoided as a group', () => {
    const world = new RoutedWorld([
      endpoint('m1', 'main'),
      endpoint('m2', 'main'),
      endpoint('x', 'backup'),
    ]);
    const answer = (id: string): Answer => (id === 'x' ? 'ok' : 'server_error');
    expect(world.ask(answer)).toBe('m1:server_error x:ok');
  });

  it('a dead connection is nobody’s fault: others are tried first, then the same endpoint once more', () => {
    for (const endpoints of [[A, B], [A]]) {
      const world = new RoutedWorld(endpoints);
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
    'a request refused alike for two tokens says nothing about either: %s',
    (failure) => {
      const [one, sibling, backup] = [endpoint('a', 'main'), endpoint('b', 'main'), endpoint('c')];
      for (const [endpoints, status] of [
        [[one, backup], 'admitted'],
        [[one, sibling], 'ejected'],
      ] as const) {
        const world = new RoutedWorld(endpoints);
        for (let turn = 0; turn < 6; turn += 1) {
          world.ask(() => failure, { caller: 'eve', fingerprint: `eve ${turn}` }, 2);
        }
        expect(endpoints.map(({ id }) => world.statusOf(id))).toEqual([status, status]);
      }
    },
  );

  it.each(['cut', 'connection_refused', 'reset', 'forbidden', 'overloaded'] as const)(
    'a failure under a former URL is not held against the new one: %s',
    (failure) => {
      const world = new RoutedWorld();
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
      expect(world.router.ejectionOf(A.id, world.nowMs)).toEqual(NOT_EJECTED);
      expect(world.verdicts).toEqual([]);
    },
  );

  it('one person’s failures are reported to the controller at intervals, others’ each time', () => {
    const world = new RoutedWorld();
    for (let turn = 0; turn < 5; turn += 1) {
      world.ask(only('a', 'server_error'), { caller: 'ann', fingerprint: `ann ${turn}` });
      world.ask(all('ok'), who('bob'));
    }
    world.ask(only('a', 'server_error'), who('cyd'));
    world.ask(all('ok'), who('bob'));
    world.ask(all('server_error'), who('dan'));
    expect(world.verdicts).toEqual(['a server_error', 'a server_error']);
  });

  it('one person’s poisoned requests, all different, eject no endpoint', () => {
    for (const answer of [all('server_error'), all('reset'), all('not_claude')]) {
      const world = new RoutedWorld();
      for (let turn = 0; turn < 40; turn += 1) {
        world.ask(answer, { caller: 'poisoner', fingerprint: `poisoner ${turn}` });
        expect(world.ask(all('ok'), who(`person ${turn % 9}`))).toBe('a:ok');
      }
      expect([world.statusOf(A.id), world.statusOf(B.id)]).toEqual(['admitted', 'admitted']);
    }
  });

  it('a person without others finds the one endpoint that answers', () => {
    const world = new RoutedWorld([A, B, endpoint('c')]);
    const answer = (id: string): Answer => (id === 'c' ? 'ok' : 'server_error');
    const stories = Array.from({ length: 9 }, (_, turn) =>
      world.ask(answer, { fingerprint: `turn ${turn}` }),
    );
    expect(stories.filter((story) => !story.endsWith('c:ok'))).toHaveLength(1);
  });
});

describe('one person among others', () => {
  const failing = ['cut', 'reset', 'first_byte_timeout', 'credit', 'token_refused'] as const;

  it.each(failing)('whose requests alone fail does not affect the others: %s', (bad) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(59_000), (times, waitMs) => {
        const world = new RoutedWorld();
        world.ask(all('ok'), who('ann'));
        world.nowMs += waitMs;
        for (let time = 0; time < times; time += 1) {
          world.ask(only('a', bad), { caller: 'eve', fingerprint: `eve ${time}` });
        }
        expect(world.statusOf(A.id)).toBe('admitted');
        expect(world.ask(all('ok'), who('ann'))).toBe('a:ok');
      }),
    );
  });

  it.each(failing)('is served elsewhere soon, and a second person is proof: %s', (bad) => {
    const world = new RoutedWorld();
    world.ask(all('ok'), who('ann'));
    const stories = [1, 2, 3].map((turn) =>
      world.ask(only('a', bad), { caller: 'eve', fingerprint: `eve ${turn}` }),
    );
    expect(stories.at(-1)).toBe('b:ok');
    expect(stories.filter((story) => story === 'a:cut').length).toBeLessThanOrEqual(1);
    world.ask(only('a', bad), who('bob'));
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it.each(failing)('who is the only one there needs no one else’s proof: %s', (bad) => {
    const world = new RoutedWorld();
    world.ask(all('ok'), who('ann'));
    world.nowMs += 60_000;
    for (const turn of [1, 2]) {
      world.ask(only('a', bad), { caller: 'eve', fingerprint: `eve ${turn}` });
    }
    expect(world.statusOf(A.id)).toBe('ejected');
  });

  it('poisons from many sessions, and ejects no endpoint', () => {
    const world = new RoutedWorld([A, B, endpoint('c')]);
    for (let turn = 0; turn < 20; turn += 1) {
      world.ask(all('server_error'), who(`session ${turn % 5}`));
    }
    expect(world.statusOf(A.id)).toBe('admitted');
    expect(world.ask(all('ok'), who('ann'))).toBe('a:ok');
  });

  it('whose retry of the same request is answered has shown whose fault it was', () => {
    const world = new RoutedWorld([A, B, endpoint('c')]);
    const answer = (id: string): Answer => (id === 'c' ? 'ok' : 'server_error');
    for (const name of ['ann', 'bob']) {
      expect(world.ask(answer, who(name))).toBe('a:server_error b:server_error');
      expect(world.ask(answer, who(name))).toBe('c:ok');
    }
    expect([A, B].map(({ id }) => world.statusOf(id))).toEqual(['ejected', 'ejected']);
  });
});

describe('trials of a half-open endpoint', () => {
  const begin = (world: RoutedWorld, name: string): Journey =>
    world.router.begin({ operation: 'messages', model: 'm', ...who(name) });

  /** `a` has been ejected, and its time has passed. */
  function recovered(): RoutedWorld {
    const world = new RoutedWorld();
    world.ask(only('a', 'connection_refused'));
    world.nowMs += 60_000;
    return world;
  }

  it('make room with their first content: a long answer blocks no one', () => {
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

  it('from before the last ejection block no one, and their results say nothing about now', () => {
    const world = recovered();
    const old = begin(world, 'old');
    expect(world.router.choose(old, world.input())).toMatchObject({ id: 'a' });
    // It is ejected again while that trial is silent, and its time passes once more.
    world.router.recover(A.id);
    const refused = begin(world, 'connection_refused');
    world.router.choose(refused, { ...world.input(), endpoints: [A] });
    world.router.failed(refused, A, { failure: 'connection_refused' }, world.nowMs);
    world.router.ended(refused, world.nowMs);
    world.nowMs += 300_000;
    expect(world.router.preview(begin(world, 'new'), world.input())).toMatchObject({ id: 'a' });
    world.router.failed(old, A, { failure: 'first_byte_timeout' }, world.nowMs);
    world.router.answered(old, B.id, world.nowMs);
    world.router.ended(old, world.nowMs);
    expect(world.statusOf(A.id)).toBe('half_open');
    expect(world.router.preview(begin(world, 'new'), world.input())).toMatchObject({ id: 'a' });
  });

  it.each(['cut', 'reset', 'first_byte_timeout', 'server_error'] as const)(
    'one person whose requests fail everywhere does not keep it from others: %s',
    (bad) => {
      const world = new RoutedWorld();
      const poison = () => world.ask(all(bad), who('eve'));
      const others = (answer: (id: string) => Answer) =>
        ['ann', 'bob'].map((name) => world.ask(answer, who(name)));
      others(only('a', 'connection_refused'));
      for (let time = 0; time < 3; time += 1) poison();
      others(only('a', 'connection_refused'));
      for (let turn = 0; turn < 20; turn += 1) {
        world.nowMs += 3_000;
        poison();
        if (turn >= 4) others(all('ok'));
      }
      expect(world.statusOf(A.id)).toBe('admitted');
    },
  );

  it('an answer that began before an ejection does not end it', () => {
    const world = new RoutedWorld();
    const long = begin(world, 'long');
    world.router.choose(long, world.input());
    world.router.answered(long, A.id, world.nowMs);
    for (const name of ['ann', 'bob']) world.ask(only('a', 'cut'), who(name));
    world.router.completed(long, A.id, world.nowMs);
    world.router.ended(long, world.nowMs);
    expect(world.statusOf(A.id)).toBe('ejected');
  });
});

describe('while the retry budget is spent', () => {
  const KINDS = [
    ...(['reset', 'first_byte_timeout', 'server_error', 'token_refused', 'credit'] as const),
    ...([
      'overloaded',
      'not_claude',
      'connection_refused',
      'connect_timeout',
      'forbidden',
    ] as const),
  ];
  const bad = fc.constantFrom<Answer>(...KINDS);
  interface Step {
    readonly gapMs: number;
    readonly recovered: readonly EndpointId[];
    readonly atOnce: number;
    readonly isPoisoned: boolean;
  }
  const step: fc.Arbitrary<Step> = fc.record({
    gapMs: fc.integer({ min: 10, max: 400 }),
    recovered: fc.subarray([A.id, B.id]),
    atOnce: fc.integer({ min: 1, max: 4 }),
    isPoisoned: fc.boolean(),
  });
  const order = fc.shuffledSubarray(['a', 'b', 'c'], { minLength: 3 });

  /** Two people, each time with another request. */
  function crowdOf(world: RoutedWorld) {
    let number = 0;
    return (answerOf: (id: string) => Answer, atOnce: number): readonly string[] => {
      const requests = Array.from({ length: atOnce }, () => {
        number += 1;
        return { caller: `person ${number % 2}`, fingerprint: `${number}` };
      });
      return world.askAtOnce(answerOf, requests, 'budget_spent');
    };
  }

  type Bads = Readonly<Record<'a' | 'b' | 'c', Answer>>;

  /** `c` failed like the others, and has recovered; once it has answered, no request needs to be lost. */
  function lostOnceKnown(world: RoutedWorld, bads: Bads, steps: readonly Step[]) {
    const ask = crowdOf(world);
    const during = (id: string): Answer => bads[id as keyof Bads];
    const after = (id: string): Answer => (id === 'c' ? 'ok' : during(id));
    for (let turn = 0; turn < 12; turn += 1) {
      world.nowMs += 100;
      ask(during, 2);
    }
    let isKnown = false;
    return steps.flatMap(({ gapMs, recovered, atOnce, isPoisoned }) => {
      world.nowMs += gapMs;
      for (const id of recovered) world.router.recover(id);
      const poison = { caller: 'poisoner', fingerprint: `${world.nowMs}` };
      if (isPoisoned) world.ask(all('server_error'), poison, 'budget_spent');
      const isLost = (story: string): boolean => !story.endsWith('c:ok');
      if (isKnown) return ask(after, atOnce).filter(isLost);
      isKnown = !ask(after, 1).some(isLost);
      return [];
    });
  }

  it('no request is lost to trials while one endpoint is known to answer', () => {
    const failing = fc.record({ a: bad, b: bad, c: bad });
    const ofSteps = { minLength: 30, maxLength: 60 };
    fc.assert(
      fc.property(
        failing,
        order,
        fc.boolean(),
        fc.array(step, ofSteps),
        (bads, ids, isOne, all) => {
          const group = (id: string) => (isOne && id !== 'c' ? 'main' : id);
          const world = new RoutedWorld(ids.map((id) => endpoint(id, group(id))));
          expect(lostOnceKnown(world, bads, all)).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('one that denies the model does not hide one that has recovered', () => {
    const world = new RoutedWorld();
    const answers = (a: Answer) => (id: string) => (id === 'a' ? a : 'forbidden');
    const ask = (answer: Answer, turn: number) => {
      world.nowMs += 200;
      return world.ask(answers(answer), who(`person ${turn}`), 'budget_spent');
    };
    for (let turn = 0; turn < 8; turn += 1) ask('reset', turn);
    const stories = [8, 9, 10, 11, 12, 13, 14, 15, 16].map((turn) => ask('ok', turn));
    expect(stories.slice(-3)).toEqual(['a:ok', 'a:ok', 'a:ok']);
  });

  it('trials retry at most once a second if all fail in a way that proves nothing', () => {
    const world = new RoutedWorld();
    world.ask(all('connection_refused'));
    world.nowMs += 60_000;
    expect([A, B].map(({ id }) => world.statusOf(id))).toEqual(['half_open', 'half_open']);
    const deliveries = Array.from({ length: 200 }, (_, turn) => {
      world.nowMs += 10;
      const asked = { caller: 'ann', fingerprint: `${turn}` };
      return world.ask(all('server_error'), asked, 'budget_spent').split(' ').length;
    });
    expect(deliveries.filter((count) => count > 1).length).toBeLessThanOrEqual(6);
  });
});

describe('if all are ejected', () => {
  it('the recovered one is found by the first request, however long its ejection', () => {
    const world = new RoutedWorld([A, B, endpoint('c')]);
    for (let time = 0; time < 6; time += 1) {
      world.ask(all('connection_refused'), who(`person ${time}`), 0);
      world.nowMs += 1_000;
    }
    for (const name of ['ann', 'bob', 'cyd']) {
      world.ask((id) => (id === 'c' ? 'connection_refused' : 'reset'), who(name), 2);
    }
    const stories = [1, 2, 3].map((turn) => {
      world.nowMs += 100;
      return world.ask((id) => (id === 'c' ? 'ok' : 'reset'), who(`turn ${turn}`), 0);
    });
    expect(stories.at(-1)).toBe('c:ok');
  });

  it('the recovered one is found without a retry, however it and the others fail', () => {
    const bad = fc.constantFrom<Answer>(
      ...([
        'reset',
        'first_byte_timeout',
        'cut',
        'server_error',
        'token_refused',
        'credit',
      ] as const),
      ...(['overloaded', 'not_claude', 'connection_refused'] as const),
    );
    const sinceMs = fc.integer({ min: 1_000, max: 60_000 });
    const order = fc.shuffledSubarray(['a', 'b', 'c'], { minLength: 3 });
    fc.assert(
      fc.property(bad, bad, bad, sinceMs, order, fc.boolean(), (a, b, c, waitMs, ids, isListed) => {
        const isOut = isListed && a !== 'overloaded';
        const world = new RoutedWorld(
          ids.map((id) => ({ ...endpoint(id), available: !(isOut && id === 'a') })),
        );
        const during = (id: string): Answer => ({ a, b, c })[id] ?? 'ok';
        const ask = (
          turn: number,
          answerOf: (id: string) => Answer,
          retries: number | 'budget_spent',
        ) => {
          world.nowMs += 150;
          return world.ask(answerOf, who(`person ${turn % 5} ${turn}`), retries);
        };
        for (let turn = 0; turn < 20; turn += 1) ask(turn, during, 2);
        world.nowMs += waitMs;
        const after = (id: string): Answer => (id === 'a' ? 'ok' : during(id));
        const stories = Array.from({ length: 40 }, (_, turn) => ask(turn, after, 'budget_spent'));
        // The first request after an ejection ends, or after ten seconds, tries the other two again.
        const lost = stories.slice(20).filter((story) => !story.endsWith('a:ok'));
        expect(lost.length, stories.join('\n')).toBeLessThanOrEqual(2);
      }),
      { numRuns: 300 },
    );
  });

  it('one that refused connections is found without a retry when it listens again', () => {
    // No error answers: if all give one, it may be the request's own fault.
    const bad = fc.constantFrom<Answer>(
      ...(['reset', 'first_byte_timeout', 'cut', 'connect_timeout', 'connection_refused'] as const),
    );
    fc.assert(
      fc.property(bad, bad, fc.integer({ min: 1_000, max: 9_000 }), (b, c, sinceMs) => {
        const world = new RoutedWorld([B, endpoint('c'), A]);
        const during = (id: string): Answer =>
          id === 'a' ? 'connection_refused' : id === 'b' ? b : c;
        for (let turn = 0; turn < 12; turn += 1) world.ask(during, who(`person ${turn}`), 2);
        world.nowMs += sinceMs;
        const after = (id: string): Answer => (id === 'a' ? 'ok' : during(id));
        for (const name of ['ann', 'bob']) {
          expect(world.ask(after, who(name), 0)).toMatch(/^(?:[bc]:connection_refused )*a:ok$/);
        }
      }),
    );
  });
});

describe('the second failure of a lifetime', () => {
  it('loses no more than the first', () => {
    const world = new RoutedWorld();
    for (let time = 0; time < 2; time += 1) world.ask(only('a', 'connection_refused'));
    // It has recovered, but has not been tried since.
    world.nowMs += 60_000;
    for (let time = 0; time < 20; time += 1) {
      expect(world.ask(only('b', 'connection_refused'))).toMatch(/a:ok$/);
    }
  });

  it('a half-open endpoint admits few while the others are healthy, and all when they are not', () => {
    const world = new RoutedWorld();
    world.ask(only('a', 'connection_refused'));
    world.nowMs += 60_000;
    const input = {
      endpoints: [A, B],
      preferredId: undefined,
      isOverloadedEverywhere: false,
      nowMs: world.nowMs,
    };
    const begin = () =>
      world.router.begin({ operation: 'messages', model: 'm', caller: 's', fingerprint: 'f' });
    const [first, second] = [begin(), begin()];
    expect(world.router.choose(first, input)).toMatchObject({ id: 'a' });
    expect(world.router.choose(second, input)).toMatchObject({ id: 'b' });
    world.router.failed(second, B, { failure: 'connection_refused' }, world.nowMs);
    expect(world.router.choose(second, input)).toMatchObject({ id: 'a' });
    world.router.ended(first, world.nowMs);
    world.router.ended(second, world.nowMs);
    expect(world.router.preview(begin(), input)).toMatchObject({ id: 'a' });
  });

  it('a recovery from elsewhere, or a changed token, ends an ejection immediately', () => {
    const world = new RoutedWorld();
    world.ask(only('a', 'connection_refused'));
    world.router.recover(A.id);
    expect(world.ask(all('ok'))).toBe('a:ok');
    world.ask(only('a', 'connection_refused'));
    world.router.forget(A.id);
    expect(world.statusOf(A.id)).toBe('admitted');
  });

  it('a token that changes while it is being refused is tried before the request is given up', () => {
    for (const endpoints of [[A], [A, B]]) {
      const world = new RoutedWorld(endpoints);
      let asked = 0;
      const answer = (id: string): Answer => {
        if (id !== 'a') return 'token_refused';
        asked += 1;
        if (asked === 1) world.router.forget(A.id);
        return asked === 1 ? 'token_refused' : 'ok';
      };
      expect(world.ask(answer)).toBe('a:token_refused a:ok');
    }
  });

  it('the new one is judged like any other', () => {
    const world = new RoutedWorld([A]);
    for (const fingerprint of ['one', 'two']) {
      let asked = 0;
      const refusing = (): Answer => {
        asked += 1;
        if (asked === 1) world.router.forget(A.id);
        return 'token_refused';
      };
      const story = world.ask(refusing, { fingerprint }, 5);
      expect(story).toBe('a:token_refused a:token_refused asked');
    }
    world.ask(all('token_refused'), { fingerprint: 'three' });
    expect(world.statusOf(A.id)).toBe('ejected');
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

  it('no request is given up before every endpoint without a wait for its model was tried', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new RoutedWorld([A, B, endpoint('c')]);
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

  it('three requests of one person change nothing for another', () => {
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
        const world = new RoutedWorld();
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

  it('trials are released: after any history a half-open endpoint accepts requests again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new RoutedWorld();
        for (const { answers, waitMs, random, ...request } of steps) {
          world.nowMs += waitMs;
          world.random = random;
          world.ask((id) => answers['ab'.indexOf(id)] ?? 'ok', request);
        }
        world.ask(only('a', 'connection_refused'), { model: 'x' });
        world.ask(only('a', 'connection_refused'), { model: 'x' });
        world.nowMs += 3_000_000;
        expect(world.ask(all('ok'), { model: 'y' })).toBe('a:ok');
      }),
    );
  });
});
