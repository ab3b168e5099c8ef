import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { metricRows } from '../scripts/generated/metrics-table.ts';

const folder = join(import.meta.dirname, 'prometheus');
const textOf = (kind: 'rules' | 'tests') =>
  readdirSync(join(folder, kind))
    .map((file) => readFileSync(join(folder, kind, file), 'utf8'))
    .join('\n');
const rules = textOf('rules');
const { homepage } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'),
) as { homepage?: string };
const missing = spawnSync('promtool', ['--version']).status !== 0;
if (missing) console.log('alerts: not checked with promtool, prometheus is not installed');

describe('the alert rules', () => {
  it.skipIf(missing).each([
    ['check', 'config', 'prometheus.yml'],
    ['check', 'rules', 'rules/alerts.yml', 'rules/objectives.yml'],
    ['test', 'rules', 'tests/alerts.yml', 'tests/objectives.yml'],
  ])('pass promtool %s %s', (...args) => {
    const { status, stdout, stderr } = spawnSync('promtool', args, {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(status, stdout + stderr).toBe(0);
  });

  it('are each unit-tested', () => {
    const tests = textOf('tests');
    for (const [, alert] of rules.matchAll(/- alert: (\w+)/g)) {
      expect(tests, alert).toMatch(
        new RegExp(`alertname: ${alert}\\n\\s+eval_time: \\w+\\n\\s+exp_alerts`),
      );
    }
  });

  it('have their runbook: as an address, or as the file in the repository', () => {
    const operations = readFileSync(join(import.meta.dirname, '../docs/operations.md'), 'utf8');
    const headings = [...operations.matchAll(/^### (.+)$/gm)].map(([, text]) => text ?? '');
    for (const [, alert = '', url = ''] of rules.matchAll(
      /- alert: (\w+)[\s\S]+?runbook(?:_url)?: (.+)\n/g,
    )) {
      const [page, anchor] = url.split('#');
      const folder = homepage === undefined ? '' : `${homepage}/blob/main/`;
      expect(page).toBe(`${folder}docs/operations.md`);
      expect(anchor).toBe(alert.toLowerCase());
      expect(headings, alert).toContain(alert);
    }
  });

  it('query only existing metrics', () => {
    const known = [...metricRows().values()].flat().map(({ name }) => name);
    for (const [name] of rules.matchAll(/\bzephyr_\w+/g)) {
      expect(known).toContain(name.replace(/_(bucket|count|sum)$/, ''));
    }
  });
});
