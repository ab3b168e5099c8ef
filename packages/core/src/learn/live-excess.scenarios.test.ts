import type { EndpointId } from '@zephyr/contract/scalars';
import { MINUTE_MS } from '@zephyr/contract/units';
import { describe, expect, it } from 'vitest';

import { DEFAULT_POLICY } from '../decide/policy.ts';
import { A, B, C, Scenario } from '../test-support/scenario.ts';
import { type Speed, TrafficScenario } from '../test-support/traffic.ts';
import { epochMs } from '../types.ts';
import { excessOf } from './live-excess.ts';
import { scoreOf } from './score.ts';

const MINUTE = 60;
/** Hours of simulated traffic, on a busy machine. */
const PATIENT = { timeout: 60_000 };

const QUICK: Speed = { probeMs: 100, liveMs: 300 };
const SLOW: Speed = { probeMs: 100, liveMs: 1_500 };
const liveMsOf = (story: Scenario, id: EndpointId) => {
  const times = story.world.endpoints.find((endpoint) => endpoint.id === id)?.times;
  return times === undefined
    ? 0
    : excessOf(times, epochMs(story.atMs), DEFAULT_POLICY.live).excessMs;
};

describe('an endpoint that is slow for people while its probes stay fast', () => {
  it.each([
    { name: 'one person', perSecond: 0.7, sigma: 0.2, seed: 1 },
    { name: 'a few, each answer different', perSecond: 1.5, sigma: 0.4, seed: 2 },
    { name: 'a team', perSecond: 20, sigma: 0.5, seed: 3 },
  ])('is left within half a minute: $name', PATIENT, ({ perSecond, sigma, seed }) => {
    const life = new TrafficScenario({
      ...{ ids: [A, B], seed, sigma, perSecond: () => perSecond },
      speed: (id, atMs) => (id === A && atMs >= 5 * MINUTE_MS ? SLOW : QUICK),
    }).run(5 * MINUTE);
    expect(life.active).toBe(A);
    expect(life.until(() => life.active === B, 2 * MINUTE)).toBeLessThanOrEqual(30);
    expect(life.run(5 * MINUTE).active).toBe(B);
  });

  it('is left the second time too, when it is the other one', PATIENT, () => {
    const life = new TrafficScenario({
      ids: [A, B],
      speed: (id, atMs) => {
        const isSlow =
          id === A ? atMs > 5 * MINUTE_MS && atMs < 7 * MINUTE_MS : atMs > 10 * MINUTE_MS;
        return isSlow ? SLOW : QUICK;
      },
    }).run(10 * MINUTE);
    expect(life.active).toBe(B);
    expect(life.until(() => life.active === A, 2 * MINUTE)).toBeLessThanOrEqual(MINUTE);
  });

  it.each([
    { name: 'all at the active one', perSecond: 2, strayShare: 0 },
    { name: 'a few at the other', perSecond: 2, strayShare: 0.1 },
    { name: 'a team', perSecond: 10, strayShare: 0.1 },
  ])('is left each time, just after the other was: $name', PATIENT, ({ perSecond, strayShare }) => {
    for (let seed = 1; seed <= 4; seed += 1) {
      let slow: EndpointId | null = null;
      const life = new TrafficScenario({
        ...{ ids: [A, B], seed, sigma: 0.2, strayShare, perSecond: () => perSecond },
        speed: (id) => (id === slow ? SLOW : QUICK),
      }).run(MINUTE);
      for (let round = 0; round < 4; round += 1) {
        const { active } = life;
        slow = active;
        expect(life.until(() => life.active !== active, 2 * MINUTE)).toBeLessThanOrEqual(MINUTE);
        slow = null;
        life.run(5);
      }
    }
  });

  it('is left even if it was slow from the beginning, once others are measured', PATIENT, () => {
    const life = new TrafficScenario({
      ...{ ids: [A, B], strayShare: 0.2 },
      speed: (id) => (id === A ? SLOW : QUICK),
    });
    expect(life.until(() => life.active === B, 10 * MINUTE)).toBeLessThanOrEqual(3 * MINUTE);
  });

  it('gets another chance, each time later', PATIENT, () => {
    const life = new TrafficScenario({
      ids: [A, B],
      speed: (id, atMs) => {
        if (id === B) return { probeMs: 250, liveMs: 450 };
        return atMs > 5 * MINUTE_MS ? SLOW : QUICK;
      },
    }).run(100 * MINUTE);
    const returns = life.switches.filter(({ toId }) => toId === A).map(({ atMs }) => atMs);
    expect(returns.length).toBeGreaterThanOrEqual(2);
    expect(life.switches.length).toBeLessThanOrEqual(11);
    const gaps = returns.slice(1).map((atMs, index) => atMs - (returns[index] ?? 0));
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
  });
});

describe('endpoints that are equally slow', () => {
  it('are not shuffled when the requests become harder for all', PATIENT, () => {
    const life = new TrafficScenario({
      ...{ ids: [A, B, C], sigma: 0.3 },
      speed: (_, atMs) => (atMs > 5 * MINUTE_MS ? SLOW : QUICK),
    }).run(45 * MINUTE);
    expect(life.switches.length).toBeLessThanOrEqual(1);
  });

  it('nor each time when that comes and goes', PATIENT, () => {
    const life = new TrafficScenario({
      ...{ ids: [A, B, C], sigma: 0.3 },
      speed: (_, atMs) => (Math.floor(atMs / (10 * MINUTE_MS)) % 2 === 1 ? SLOW : QUICK),
    }).run(90 * MINUTE);
    expect(life.switches.length).toBeLessThanOrEqual(2);
  });

  it.each([0, 0.1, 0.3])(
    'nor if the second becomes as slow for good, with %d elsewhere',
    PATIENT,
    (strayShare) => {
      for (let seed = 1; seed <= 3; seed += 1) {
        const life = new TrafficScenario({
          ...{ ids: [A, B], seed, sigma: 0.4, strayShare },
          speed: (id, atMs) => (atMs > (id === A ? 5 : 7) * MINUTE_MS ? SLOW : QUICK),
        }).run(60 * MINUTE);
        expect(life.switches.length).toBeLessThanOrEqual(2);
      }
    },
  );

  it('nor by chance', PATIENT, () => {
    const life = new TrafficScenario({
      ...{ ids: [A, B], sigma: 0.6, strayShare: 0.1 },
      speed: () => ({ probeMs: 400, liveMs: 2_000 }),
    }).run(60 * MINUTE);
    expect(life.switches.length).toBeLessThanOrEqual(1);
  });

  it('nor when the mix of requests alternates', PATIENT, () => {
    const isHard = (atMs: number) => Math.floor(atMs / 7_000) % 3 === 0;
    const life = new TrafficScenario({
      ids: [A, B],
      className: (atMs) => (isHard(atMs) ? 'opus/xl/fresh' : 'haiku/s/cached'),
      speed: (_, atMs) => ({ probeMs: 100, liveMs: isHard(atMs) ? 6_000 : 300 }),
    }).run(30 * MINUTE);
    expect(life.switches).toEqual([]);
  });
});

describe('the excess', () => {
  const measured = () => {
    const story = new Scenario().rounds(6, { a: 100, b: 100 });
    for (let second = 0; second < 20; second += 1) {
      story.pass(1_000).live(A, { succeeded: 1, ttftMs: [300] });
    }
    return story;
  };
  const slowFor = (story: Scenario, seconds: number, id = A) => {
    for (let second = 0; second < seconds; second += 1) {
      story.pass(1_000).live(id, { succeeded: 1, ttftMs: [1_500] });
    }
    return story;
  };

  it('is 0 for an endpoint without known probes', () => {
    const story = new Scenario();
    for (let second = 0; second < 60; second += 1) {
      story.pass(1_000).live(A, { succeeded: 1, ttftMs: [second < 30 ? 300 : 3_000] });
    }
    expect(liveMsOf(story, A)).toBe(0);
  });

  it('is not counted twice when probes become slower too', () => {
    const story = slowFor(measured(), 30);
    expect(liveMsOf(story, A)).toBeGreaterThan(300);
    for (let probe = 0; probe < 4; probe += 1) story.pass(1_000).probe(A, 1_300);
    expect(liveMsOf(story, A)).toBe(0);
  });

  it('does not follow one outlier', () => {
    const story = measured()
      .pass(1_000)
      .live(A, { succeeded: 1, ttftMs: [60_000] });
    expect(liveMsOf(story, A)).toBe(0);
  });

  it('triggers probes when it begins, and no more after a while', () => {
    const story = slowFor(measured(), 6);
    expect(story.world.probePlans['a']).toMatchObject({ why: 'verifying' });
    slowFor(story, 240);
    expect(story.world.probePlans['a']).not.toMatchObject({ why: 'verifying' });
  });

  it('decays by half per minute once the traffic has left', () => {
    const story = slowFor(measured(), 30);
    const remembered = () => {
      const [a] = story.world.endpoints;
      const score = a && scoreOf(a, epochMs(story.atMs), DEFAULT_POLICY);
      return score?.status === 'known' ? score.liveMs : Number.NaN;
    };
    const before = remembered();
    expect(before).toBeGreaterThan(300);
    story.pass(DEFAULT_POLICY.live.freshMs + DEFAULT_POLICY.live.memoryMs);
    expect(remembered() / before).toBeCloseTo(0.5, 5);
  });

  it('ignores unknown classes', () => {
    const story = measured();
    for (const name of ['__proto__', 'constructor', 'opus/m/cached/x', '']) {
      story.live(A, { succeeded: 3, ttftMs: [9, 9, 9], class: name });
    }
    expect(Object.keys(story.world.endpoints[0]?.times.classes ?? {})).toEqual(['sonnet/s/fresh']);
    expect(Object.keys(story.world.liveLevels)).toEqual(['sonnet/s/fresh']);
  });
});
