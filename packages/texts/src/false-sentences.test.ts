/** Sentences that the screens once showed wrongly, each with the state in which it was false. */

import { LANGUAGES } from '@zephyr/contract/language';
import { describe, expect, it } from 'vitest';
import { logText } from './log-lines.ts';
import { numbersOf } from './numbers-and-durations.ts';
import { overallText } from './overall.ts';
import { decisionText, headlineOf, healthText, nextOf, roleText, whyOf } from './sentences.ts';
import type { DecisionFacts, EndpointFacts, Situation, Speech } from './situation.ts';
import { translator } from './translate.ts';

const NOW_MS = 1_000_000;

const endpoint = (id: string, totalMs: number, changes: Partial<EndpointFacts> = {}) => ({
  ...{ id, name: id.toUpperCase(), rank: 0, share: null, enabled: true, available: true },
  ...{ unavailable: [], health: { status: 'healthy' as const }, activeRequests: 0 },
  score: { status: 'known' as const, totalMs },
  ...changes,
});
const killed = {
  ...{ available: false, unavailable: ['ejected' as const], rank: null },
  health: { status: 'unhealthy' as const, failure: 'connection_refused' as const },
};
const situationOf = (
  reason: DecisionFacts['reason'],
  changes: Partial<Situation> = {},
): Situation => ({
  ...{ mode: { kind: 'auto' }, automation: { status: 'running' }, freeze: { status: 'none' } },
  selection: { status: 'steady', activeId: 'a', reason, sinceAtMs: 0 },
  lastSwitch: null,
  policy: { switchThresholdMs: 50, dwellMs: 60_000 },
  endpoints: [endpoint('a', 700), endpoint('b', 600, { rank: 1 })],
  ...changes,
});

const WORDS = {
  en: {
    serving: /serv(es|ing)/,
    slow: /slow/,
    faster: /faster/,
    past: /was .*faster/,
    automatic: /automatic again/,
    back: /is back/,
    unprobed: /not probed/,
    first: /first choice/,
  },
  zh: {
    serving: /正在服务|服务中(?!断)/,
    slow: /慢/,
    faster: /快/,
    past: /接替时.*快/,
    automatic: /自动模式/,
    back: /已恢复可用|固定的端点已恢复/,
    unprobed: /尚未探测/,
    first: /首选/,
  },
} as const;

describe.each(LANGUAGES)('in %s no screen says', (language) => {
  const speech: Speech = { say: translator(language), numbers: numbersOf(language) };
  const words = WORDS[language];

  it('that an endpoint serves when none is available', () => {
    const endpoints = [endpoint('a', 1, killed), endpoint('b', 2, killed)];
    const outage = situationOf('initial', { endpoints });
    const said = [
      overallText(outage, speech, NOW_MS),
      headlineOf(outage, speech.say),
      whyOf(outage, speech),
      nextOf(outage, speech, NOW_MS),
      ...endpoints.map((each) => roleText(each, outage.selection, speech.say)),
    ];
    expect(said.join('\n')).not.toMatch(words.serving);
    expect(headlineOf(situationOf('initial'), speech.say)).toMatch(words.serving);
  });

  it.each(['operator_pinned', 'pinned_failed', 'pinned_recovered'] as const)(
    'of a pin that is no longer there: %s',
    (reason) => {
      expect(whyOf(situationOf(reason), speech)).toMatch(words.automatic);
      const pinned = situationOf(reason, { mode: { kind: 'manual', endpointId: 'b' } });
      expect(whyOf(pinned, speech)).not.toMatch(words.automatic);
    },
  );

  it('that a killed or always slower endpoint has become slow', () => {
    const trade = { gainMs: 1, verdict: 'move' } as never;
    const notice = { code: 'sessions_moved', endpointId: 'a', trade } as const;
    const moved = logText({ kind: 'notice', notice, atMs: 0 }, situationOf('initial'), speech);
    const failover: DecisionFacts = {
      ...{ phase: 'switched', reason: 'active_ejected', fromId: 'b', toId: 'a' },
      failure: 'connection_refused',
    };
    const over = situationOf('active_ejected', {
      lastSwitch: failover,
      endpoints: [endpoint('a', 700), endpoint('b', 9_000, killed)],
    });
    const said = [moved, whyOf(over, speech), decisionText(failover, over, speech)];
    expect(said.join('\n')).not.toMatch(words.slow);
    expect(said.slice(1).join('\n')).not.toMatch(words.faster);
  });

  it('that an endpoint is faster when it only was so on taking over', () => {
    const lastSwitch: DecisionFacts = {
      ...{ phase: 'switched', reason: 'faster', fromId: 'b', toId: 'a', gain: { gainMs: 187 } },
    };
    expect(whyOf(situationOf('faster', { lastSwitch }), speech)).toMatch(words.past);
  });

  it('that an endpoint was not probed, after however many probes', () => {
    const failed = { status: 'failed' as const, failure: 'overloaded' as const };
    const unknown = { health: { status: 'unknown' as const } };
    for (const verdict of [failed, { status: 'ok' as const }]) {
      const probe = { last: { verdict } };
      expect(healthText({ ...unknown, probe }, speech.say)).not.toMatch(words.unprobed);
    }
    expect(healthText({ ...unknown, probe: { last: null } }, speech.say)).toMatch(words.unprobed);
  });

  it('that a pinned endpoint is back when someone has pinned one', () => {
    const picked = { phase: 'switched', fromId: 'b', toId: 'a' } as const;
    const named = (reason: DecisionFacts['reason']) =>
      decisionText({ ...picked, reason }, situationOf('initial'), speech);
    expect(named('operator_pinned')).not.toMatch(words.back);
    expect(named('pinned_recovered')).toMatch(words.back);
  });

  it('that an endpoint was the first choice, before anything was measured', () => {
    const score = { status: 'unknown' as const };
    const endpoints = [endpoint('a', 0, { score }), endpoint('b', 0, { score })];
    expect(whyOf(situationOf('initial', { endpoints }), speech)).not.toMatch(words.first);
    expect(whyOf(situationOf('initial'), speech)).toMatch(words.first);
  });
});
