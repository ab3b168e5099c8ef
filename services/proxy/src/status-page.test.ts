import type { Situation } from '@zephyr/texts/screens';
import { describe, expect, it } from 'vitest';

import { statusPage } from './status-page.ts';

const situation: Situation = {
  mode: { kind: 'auto' },
  automation: { status: 'running' },
  selection: { status: 'steady', activeId: 'a', reason: 'initial', sinceAtMs: 0 },
  lastSwitch: null,
  freeze: { status: 'none' },
  policy: { switchThresholdMs: 50, dwellMs: 0 },
  endpoints: [
    {
      id: 'a',
      name: '<img src=x onerror=alert(1)>',
      rank: 0,
      enabled: true,
      available: true,
      unavailable: [],
      health: { status: 'healthy' },
      score: { status: 'known', totalMs: 512 },
      activeRequests: 3,
    },
  ],
};
const input = { situation, nowMs: 0, dashboardUrl: 'http://127.0.0.1:8081/' };

describe('statusPage', () => {
  it('says in both languages who serves', () => {
    expect(statusPage({ ...input, language: 'en' })).toContain('onerror=alert(1)&gt; serves</h1>');
    expect(statusPage({ ...input, language: 'zh' })).toContain('正在服务</h1>');
  });

  it('never takes a name or an address for markup', () => {
    const dashboardUrl = 'http://x/"><script>';
    const page = statusPage({ ...input, dashboardUrl, language: 'en' });
    expect(page).not.toMatch(/<img/);
    expect(page.match(/<script/g)).toHaveLength(1);
  });
});
