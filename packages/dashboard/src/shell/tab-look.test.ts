import { inventedState } from '@zephyr/testkit/invented-world';
import { screenTranslator } from '@zephyr/texts/screens';
import { describe, expect, it } from 'vitest';

import { tabLookOf } from './tab-look.ts';

const say = screenTranslator('en');
const state = inventedState(1_000_000);
const whole = { ...state, endpoints: state.endpoints.filter(({ available }) => available) };
const none = {
  ...state,
  endpoints: state.endpoints.map((endpoint) => ({ ...endpoint, available: false })),
};
const SERVING = 'instcopilot-hk is serving · Claude Zephyr';

describe('the tab', () => {
  it.each([
    ['all is well', { situation: whole }, 'good', SERVING],
    ['one is missing', { situation: state }, 'degraded', `⚠ ${SERVING}`],
    ['out of date', { situation: whole, isStale: true }, 'degraded', `⚠ ${SERVING}`],
    ['an outage', { situation: none }, 'bad', '✕ No endpoint is available · Claude Zephyr'],
    [
      'another page',
      { situation: state, pageTitle: 'Usage' },
      'degraded',
      '⚠ Usage · Claude Zephyr',
    ],
    ['before the first state', { situation: null }, 'good', 'Claude Zephyr'],
  ] as const)('shows it: %s', (_name, facts, icon, title) => {
    expect(tabLookOf({ isStale: false, pageTitle: null, ...facts }, say)).toEqual({ icon, title });
  });
});
