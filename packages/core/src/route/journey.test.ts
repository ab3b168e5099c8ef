import { describe, expect, it } from 'vitest';

import { endpointId } from '../types.ts';
import {
  activeTrial,
  endTrial,
  isForeign,
  isStaleAt,
  isTest,
  newJourney,
  type RoutedRequest,
  refusedTokens,
} from './journey.ts';

const WHO = { caller: 'ann', fingerprint: 'f' };

describe('isForeign', () => {
  it.each<{
    name: string;
    there: string | undefined;
    of: Pick<RoutedRequest, 'signatureFamily' | 'refusedBy'>;
    foreign: boolean;
  }>([
    { name: 'nothing is known of the session', there: 'bedrock', of: {}, foreign: false },
    { name: 'nothing is known of both', there: undefined, of: {}, foreign: false },
    {
      name: 'the family of the session',
      there: 'bedrock',
      of: { signatureFamily: 'bedrock' },
      foreign: false,
    },
    { name: 'another family', there: 'vertex', of: { signatureFamily: 'bedrock' }, foreign: true },
    {
      name: 'an unknown family',
      there: undefined,
      of: { signatureFamily: 'bedrock' },
      foreign: true,
    },
    {
      name: 'a family that has refused this request, whatever is known about its session',
      ...{
        there: 'bedrock',
        of: { signatureFamily: 'bedrock', refusedBy: ['bedrock'] },
        foreign: true,
      },
    },
    {
      name: 'a family that has not refused it, whatever is known about its session',
      ...{
        there: 'vertex',
        of: { signatureFamily: 'bedrock', refusedBy: ['bedrock'] },
        foreign: false,
      },
    },
    {
      name: 'an unknown family if another has refused it',
      ...{
        there: undefined,
        of: { signatureFamily: 'bedrock', refusedBy: ['bedrock'] },
        foreign: false,
      },
    },
  ])('$name: $foreign', ({ there, of, foreign }) => {
    expect(isForeign({ signatureFamily: there }, of)).toBe(foreign);
  });
});

describe('a journey', () => {
  const begun = () => newJourney({ ...{ operation: 'messages', model: 'm' }, ...WHO }, 3);

  it('begins without a trial, a dead connection or a failure', () => {
    expect(begun()).toMatchObject({
      ...{
        trial: { status: 'none' },
        stale: { status: 'none' },
        unexplained: [],
        forgetsBefore: 3,
      },
    });
    expect(refusedTokens([])).toBe(0);
  });

  it.each([
    { sentAs: 'a test', isTrial: true, after: 'tested', wasTest: true },
    { sentAs: 'a last resort', isTrial: false, after: 'none', wasTest: false },
  ])('a trial sent as $sentAs stays one for the retry: $wasTest', ({ isTrial, after, wasTest }) => {
    const trials = { active: 2, sinceAtMs: 0, failedAtMs: undefined };
    const journey = begun();
    journey.trial = activeTrial({ isTrial }, trials);
    expect(isTest(journey)).toBe(wasTest);
    for (let ends = 0; ends < 2; ends += 1) endTrial(journey);
    expect([trials.active, journey.trial.status, isTest(journey)]).toEqual([1, after, wasTest]);
  });

  it('a dead connection is that of one endpoint, also once the request is repeated there', () => {
    const [a, b] = [endpointId('a'), endpointId('b')];
    expect(isStaleAt(begun(), a)).toBe(false);
    for (const status of ['repeatable', 'repeated'] as const) {
      const stale = { stale: { status, id: a } };
      expect([isStaleAt(stale, a), isStaleAt(stale, b)]).toEqual([true, false]);
    }
  });
});
