import { DEFAULT_POLICY } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import { withSetting } from './policy-override.ts';

describe('withSetting', () => {
  it('changes one setting and leaves all others', () => {
    const changed = withSetting(DEFAULT_POLICY, 'sessions.inputUsdPerMillionTokens.opus = 15');
    const { inputUsdPerMillionTokens } = DEFAULT_POLICY.sessions;
    expect(changed).toEqual({
      ...DEFAULT_POLICY,
      sessions: {
        ...DEFAULT_POLICY.sessions,
        inputUsdPerMillionTokens: { ...inputUsdPerMillionTokens, opus: 15 },
      },
    });
  });

  it.each([
    {
      name: 'an unknown setting',
      text: 'switching.threshold=1',
      advice: /switching\.switchThresholdMs/,
    },
    { name: 'an unknown table', text: 'server.port=1', advice: /switching/ },
    { name: 'a table', text: 'switching=1', advice: /switching\.switchThresholdMs/ },
    { name: 'what every object has', text: 'constructor.name=1', advice: /switching/ },
    { name: 'no value', text: 'switching.switchThresholdMs', advice: /switching/ },
    { name: 'an empty value', text: 'switching.switchThresholdMs=', advice: /is a number, now 50/ },
    { name: 'a word for a number', text: 'switching.switchThresholdMs=low', advice: /is a number/ },
    { name: 'a negative number', text: 'switching.dwellMs=-1', advice: /is a number/ },
  ])('rejects $name and says what there is', ({ text, advice }) => {
    const attempt = () => withSetting(DEFAULT_POLICY, text);
    expect(attempt).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(attempt).toThrow(
      expect.objectContaining({
        advice: expect.arrayContaining([expect.stringMatching(advice)]),
      }),
    );
  });
});
