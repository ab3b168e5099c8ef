import { describe, expect, it } from 'vitest';

import { languageOf, languageOfBrowser } from './fill-in.ts';
import { numbersOf } from './numbers-and-durations.ts';
import { translator } from './translate.ts';

describe('languageOfBrowser', () => {
  it.each([
    [['de-DE', 'zh-TW', 'en'], 'zh'],
    [['en-US'], 'en'],
    [['de', 'eng'], undefined],
    [[], undefined],
  ])('takes the first of %o that there are texts in', (preferred, language) => {
    expect(languageOfBrowser(preferred)).toBe(language);
  });
});

describe('translator', () => {
  it('fills placeholders and picks the plural form', () => {
    const say = translator('en');
    expect(say('done.probe', { count: 1 })).toBe('Probing 1 endpoint');
    expect(say('done.probe', { count: 3 })).toBe('Probing 3 endpoints');
    expect(translator('zh')('done.probe', { count: 1 })).toBe('正在探测 1 个端点');
  });

  it('shows a newer server’s unknown code unchanged', () => {
    const say = translator('en') as (key: string) => string;
    expect(say('problem.of_tomorrow')).toBe('problem.of_tomorrow');
  });

  it('leaves braces in values alone', () => {
    expect(translator('en')('done.enable', { name: '{count}' })).toBe('{count} is enabled');
  });
});

describe('languageOf', () => {
  it.each([
    ['zh-Hans-CN', 'zh'],
    ['zh_CN.UTF-8', 'zh'],
    ['de-DE', 'en'],
    [undefined, 'en'],
  ])('%s is %s', (locale, language) => {
    expect(languageOf(locale)).toBe(language);
  });
});

describe('numbersOf', () => {
  const numbers = numbersOf('en');

  it.each([
    [0, '0\u00a0ms'],
    [811.6, '812\u00a0ms'],
    [999.6, '1\u00a0s'],
    [1_240, '1.24\u00a0s'],
    [12_400, '12.4\u00a0s'],
  ])('says a latency of %d ms', (milliseconds, text) => {
    expect(numbers.latency(milliseconds)).toBe(text);
  });

  it.each([
    [-50, '0\u00a0s'],
    [59_400, '59\u00a0s'],
    [65_000, '1:05'],
    [3_600_000, '1\u00a0h\u00a00\u00a0min'],
    [200 * 3_600_000, '8\u00a0d\u00a08\u00a0h'],
  ])('says a duration of %d ms', (milliseconds, text) => {
    expect(numbers.duration(milliseconds)).toBe(text);
  });

  it('shows the cost of a single probe', () => {
    expect(numbers.usd(0.000_241)).toBe('$0.00024');
    expect(numbers.usd(1.234)).toBe('$1.23');
    expect(numbers.usd(0)).toBe('$0.00');
  });
});
