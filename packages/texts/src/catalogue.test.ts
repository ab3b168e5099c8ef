import { FAILURE_CLASSES, PROBE_STYLES, REASON_CODES, UNAVAILABLE_CODES } from '@zephyr/core';
import { LOAD_LEVELS, PROBLEM_CODES } from '@zephyr/runtime/api';
import { REQUEST_PHASES } from '@zephyr/runtime/redis/records';
import { describe, expect, it } from 'vitest';

import { catalogue } from './catalogue.ts';
import { LANGUAGES } from './screen-catalogue.ts';

const placeholdersOf = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{([^}|]+)/g)].map(([, name]) => name ?? ''))].sort();

describe('the catalogue', () => {
  const english: Record<string, string> = catalogue.en;

  it.each(LANGUAGES)('has every text of %s, with the same placeholders as English', (language) => {
    const texts: Record<string, string> = catalogue[language];
    expect(Object.keys(texts).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(texts)) {
      expect(text.trim(), key).not.toBe('');
      expect(placeholdersOf(text), key).toEqual(placeholdersOf(english[key] ?? ''));
    }
  });

  it('says every Chinese text in Chinese, but for proper names and keys', () => {
    const untranslated = Object.entries(catalogue.zh)
      .filter(([, text]) => !/\p{Script=Han}/u.test(text))
      .map(([key]) => key);
    expect(untranslated).toEqual([
      'style.cli',
      'app.title',
      'chart.line',
      'log.decision.switched',
      'log.command.applied',
      'tui.header',
      'tui.keys.short',
    ]);
  });

  it.each([
    ['reason', REASON_CODES],
    ['failure', FAILURE_CLASSES],
    ['advice', FAILURE_CLASSES],
    ['problem', PROBLEM_CODES],
    ['unavailable', UNAVAILABLE_CODES],
    ['style', PROBE_STYLES],
    ['load', LOAD_LEVELS],
    ['phase', REQUEST_PHASES],
  ])('has words for every code of the API: %s', (area, codes) => {
    for (const code of codes) expect(english).toHaveProperty([`${area}.${code}`]);
  });
});
