import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { metricRows } from '../scripts/generated/metrics-table.ts';

const folder = join(import.meta.dirname, 'prometheus');
const rules = readFileSync(join(folder, 'rules/zephyr.yml'), 'utf8');
const missing = spawnSync('promtool', ['--version']).status !== 0;
if (missing) console.log('alerts: not checked with promtool, prometheus is not installed');

describe('the alert rules', () => {
  it.skipIf(missing).each([
    ['check', 'config', 'prometheus.yml'],
    ['check', 'rules', 'rules/zephyr.yml'],
    ['test', 'rules', 'tests/zephyr.yml'],
  ])('pass promtool %s %s %s', (...args) => {
    const { status, stdout, stderr } = spawnSync('promtool', args, {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(status, stdout + stderr).toBe(0);
  });

  it('are each unit-tested', () => {
    const tests = readFileSync(join(folder, 'tests/zephyr.yml'), 'utf8');
    for (const [, alert] of rules.matchAll(/- alert: (\w+)/g)) {
      expect(tests, alert).toMatch(
        new RegExp(`alertname: ${alert}\\n\\s+eval_time: \\w+\\n\\s+exp_alerts`),
      );
    }
  });

  it('have their runbook', () => {
    const operations = readFileSync(join(import.meta.dirname, '../docs/operations.md'), 'utf8');
    const links = [...rules.matchAll(/runbook_url: docs\/operations\.md#(\w+)/g)];
    expect(links).toHaveLength([...rules.matchAll(/- alert: /g)].length);
    for (const [, anchor] of links) {
      expect(operations.toLowerCase(), anchor).toContain(`### ${anchor}\n`);
    }
  });

  it('ask for metrics that there are', () => {
    const known = [...metricRows().values()].flat().map(({ name }) => name);
    for (const [name] of rules.matchAll(/\bzephyr_\w+/g)) {
      expect(known).toContain(name.replace(/_(bucket|count|sum)$/, ''));
    }
  });
});
