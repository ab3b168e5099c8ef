import type { EndpointFinding } from '@zephyr/contract/probe/endpoint-finding';
import { describe, expect, it } from 'vitest';

import { surveyFacts, surveyVerdict } from './survey.ts';
import { translator } from './translate.ts';

const say = translator('en');
const refusal = { failure: 'forbidden' as const, detail: 'status 403' };
const findingOf = (changes: Partial<EndpointFinding> = {}): EndpointFinding => ({
  ...{ serves: 'any_client', refusal: null, auth: 'bearer', models: null },
  ...{ canStream: true, canCountTokens: false },
  ...changes,
});

describe('what a survey found out', () => {
  it.each([
    ['any_client', null, 'serves any client'],
    // The refusal of a plain request is no trouble where the CLI is served.
    ['claude_code', refusal, 'serves only Claude Code'],
    [
      'nobody',
      refusal,
      `reachable, but serves no request: ${say('failure.forbidden')} (status 403) → ${say('advice.forbidden')}`,
    ],
    ['not_asked', null, 'not reachable'],
  ] as const)('has a verdict: %s', (serves, of, text) => {
    expect(surveyVerdict(findingOf({ serves, refusal: of }), say)).toBe(text);
  });

  it('has the other facts, if the endpoint was asked', () => {
    const first = ['claude-a', 'claude-b'];
    expect(surveyFacts(findingOf({ models: { count: 3, first } }), say)).toEqual([
      ...['accepts the token as bearer', 'lists 3 models: claude-a, claude-b, …'],
      ...['streams', 'does not count tokens'],
    ]);
    expect(
      surveyFacts(findingOf({ auth: null, canStream: null, canCountTokens: null }), say),
    ).toEqual(['lists no models']);
    expect(surveyFacts(findingOf({ serves: 'not_asked' }), say)).toEqual([]);
  });
});
