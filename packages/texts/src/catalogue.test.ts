import { LOAD_LEVELS } from '@zephyr/contract/api/api-state';
import { UNAVAILABLE_CODES } from '@zephyr/contract/decide/decision';
import { NOTICE_CODES, noticeSchema } from '@zephyr/contract/decide/notice';
import { FAILURE_CLASSES } from '@zephyr/contract/failure';
import { STORED_INPUTS_HOURS } from '@zephyr/contract/history/history-size';
import { LANGUAGES } from '@zephyr/contract/language';
import { EDIT_NAMES } from '@zephyr/contract/operate/config-edit';
import { COMMAND_NAMES } from '@zephyr/contract/operate/operator-command';
import { PROBLEM_CODES } from '@zephyr/contract/operate/problem';
import { DIRECT_PROBE_STATES, PROBE_PACES, PROBE_STYLES } from '@zephyr/contract/probe/probe';
import { REQUEST_PHASES } from '@zephyr/contract/route/presence';
import { REASON_CODES } from '@zephyr/contract/route/selection';
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';

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

  it('has every Chinese text in Chinese, except proper names and keys', () => {
    const untranslated = Object.entries(catalogue.zh)
      .filter(([, text]) => !/\p{Script=Han}/u.test(text))
      .map(([key]) => key);
    expect(untranslated).toEqual([
      'style.cli',
      'overall.trouble',
      'overall.advice',
      'notice.token_refused',
      'app.title',
      'chart.line',
      'log.decision.switched',
      'log.command.applied',
      'tui.header',
      'tui.keys.short',
      'why.amount',
      'survey.refused',
      'status.change',
      'cli.facts',
      'cli.facts.and',
      'notify.advice',
    ]);
  });

  it.each([
    ['reason', REASON_CODES],
    ['failure', FAILURE_CLASSES],
    ['advice', FAILURE_CLASSES],
    ['problem', PROBLEM_CODES],
    ['unavailable', UNAVAILABLE_CODES],
    ['notice', NOTICE_CODES],
    ['command', [...COMMAND_NAMES, ...EDIT_NAMES]],
    ['style', PROBE_STYLES],
    ['pace', PROBE_PACES],
    ['direct', DIRECT_PROBE_STATES],
    ['load', LOAD_LEVELS],
    ['phase', REQUEST_PHASES],
  ])('has words for every code of the contract and for no other: %s', (area, codes) => {
    const keys = Object.keys(english).filter((key) => key.startsWith(`${area}.`));
    expect(keys.sort()).toEqual(codes.map((code) => `${area}.${code}`).sort());
  });

  it('writes the length of a recording as a word', () => {
    expect(STORED_INPUTS_HOURS).toBe(2);
    expect(catalogue.en['why.replay.note']).toContain('the last two hours');
    expect(catalogue.zh['why.replay.note']).toContain('最近两小时');
  });

  it('uses only fields that a notice has', () => {
    const fills = {
      ...{ endpointId: 'name', groupName: 'name', name: 'name', period: 'period' },
      ...{ failure: 'failure', untilAtMs: 'time' },
    };
    for (const { shape } of noticeSchema.options) {
      const text = english[`notice.${shape.code.value}`] ?? '';
      const known = Object.entries(fills).filter(([field]) => Object.hasOwn(shape, field));
      expect(known.map(([, placeholder]) => placeholder)).toEqual(
        expect.arrayContaining(placeholdersOf(text)),
      );
    }
  });
});
