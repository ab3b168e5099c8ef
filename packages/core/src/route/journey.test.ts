import { describe, expect, it } from 'vitest';

import { isForeign, newJourney, type RoutedRequest, refusedTokens } from './journey.ts';

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
  it('begins without a trial or an endpoint', () => {
    const request: RoutedRequest = {
      ...{ operation: 'messages', model: 'm', caller: 'ann', fingerprint: 'f' },
    };
    expect(newJourney(request, 3)).toMatchObject({
      ...{ request, isTrial: false, trial: undefined, unexplained: [], forgetsBefore: 3 },
    });
    expect(refusedTokens([])).toBe(0);
  });
});
