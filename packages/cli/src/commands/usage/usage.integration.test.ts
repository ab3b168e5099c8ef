/** `zephyr usage` and `zephyr requests` against a running system: who used what, and each request. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { BudgetList } from '@zephyr/contract/usage/people-limits';
import type { ApiRequestRecord, UsageReport } from '@zephyr/contract/usage/usage';
import { loadConfig } from '@zephyr/runtime/config/read/load';
import { eventually } from '@zephyr/testkit/eventually';
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { json, status } from '@zephyr/testkit/upstream-scripts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { type LaunchedSystem, launch } from '../../launch/launcher.ts';

const ZEPHYR = fileURLToPath(new URL('../../../bin/zephyr', import.meta.url));
const MODEL = 'claude-haiku-4-5';
const KEYS = { ann: 'key-of-ann-0123456789abcdef', bob: 'key-of-bob-0123456789abcdef' };
const ANSWER = {
  ...{ type: 'message', role: 'assistant', content: [], model: MODEL },
  usage: { input_tokens: 1_000, output_tokens: 200, cache_read_input_tokens: 50_000 },
};

const folder = mkdtempSync(join(tmpdir(), 'zephyr-usage-'));
let upstream: ScriptedUpstream;
let system: LaunchedSystem;

beforeAll(async () => {
  upstream = await startScriptedUpstream({ script: json(ANSWER) });
  const configPath = join(folder, 'config.toml');
  writeFileSync(
    configPath,
    `[server]\nport = 0\n[controller]\nport = 0\n[prober]\nport = 0\n[health_check]\nstyle = "tcp"
[[clients]]\nname = "ann"\nkey_env = "KEY_ANN"\n[[clients]]\nname = "bob"\nkey_env = "KEY_BOB"\nbudget_usd_per_day = 0.008
[[groups]]\nname = "main"\nauth_token_env = "TEAM_TOKEN"
[[groups.endpoints]]\nname = "one"\nurl = "${upstream.url}"\n`,
  );
  const environment = {
    ...{ PATH: process.env['PATH'], HOME: folder, XDG_STATE_HOME: join(folder, 'state') },
    ...{ TEAM_TOKEN: 'secret-of-the-team', KEY_ANN: KEYS.ann, KEY_BOB: KEYS.bob },
  };
  const envFilePath = join(folder, 'none.env');
  const loaded = loadConfig({ configPath, envFilePath, environment });
  system = await launch({
    ...{ configPath, envFilePath, environment, loaded },
    onLine: () => undefined,
  });
  await ask('ann');
  await ask('ann');
  await ask('bob');
  upstream.next(status(400));
  await ask('bob');
});
afterAll(async () => {
  await system.stop();
  await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(person: keyof typeof KEYS, model = MODEL): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${system.ports.proxy}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': KEYS[person] },
    body: JSON.stringify({ model, max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }),
  });
  await answer.text();
}

function start(command: string) {
  const url = `http://127.0.0.1:${system.ports.controller}`;
  return spawn(ZEPHYR, [...command.split(' '), '--url', url], {
    env: { PATH: process.env['PATH'], LANG: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function zephyr(command: string): Promise<string> {
  const child = start(command);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

/** Oldest first. */
async function requests(options = ''): Promise<ApiRequestRecord[]> {
  const lines = (await zephyr(`requests --json${options}`)).trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ApiRequestRecord);
}

const personsOf = (records: readonly ApiRequestRecord[]) => records.map(({ person }) => person);

describe('zephyr usage', () => {
  it('sums by person, and by requested dimensions', async () => {
    const table = await eventually(async () => {
      const shown = await zephyr('usage');
      expect(shown).toMatch(/^Total +\d+ +1 +3,000 +600 /m);
      return shown;
    }, 200);
    // Haiku: 1 for input, 5 for output, 0.1 for cache reads, in USD per million.
    expect(table).toMatch(/^ann +2 +0 +2,000 +400 .*0\.01/m);
    expect(table).toMatch(/^bob +2 +1 +1,000 +200 /m);
    expect(await zephyr('usage --by endpoint,model --since 1d')).toMatch(
      /^one +claude-haiku-4-5 /m,
    );
  });

  it('gives programs the rows and their total, and only the requested rows', async () => {
    const report = JSON.parse(await zephyr('usage --json')) as UsageReport;
    const ann = report.rows.find(({ person }) => person === 'ann');
    expect(ann).toMatchObject({
      ...{ endpoint: 'one', model: MODEL, requests: 2, failed: 0, input_tokens: 2_000 },
      ...{ output_tokens: 400, cache_read_tokens: 100_000, cost_usd: 0.014 },
    });
    expect(ann?.day).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(report.total).toMatchObject({ failed: 1, input_tokens: 3_000, output_tokens: 600 });
  });

  it('exports the same as CSV and as JSON', async () => {
    const [head, ...lines] = (await zephyr('usage export --csv')).trim().split('\n');
    const columns = head?.trim().split(',') ?? [];
    const rows = lines.map((line) => {
      const cells = line.trim().split(',');
      return Object.fromEntries(columns.map((column, at) => [column, cells[at]]));
    });
    const exported = JSON.parse(await zephyr('usage export --json')) as UsageReport;
    // The number of probes keeps growing.
    const ofPeople = exported.rows.filter(({ person }) => person !== 'probes');
    expect(new Set(ofPeople.map(({ person }) => person))).toEqual(new Set(['ann', 'bob']));
    expect(rows.filter(({ person }) => person !== 'probes')).toHaveLength(ofPeople.length);
    for (const { person, model, requests: count, cost_usd: cost } of ofPeople) {
      const row = rows.find((each) => each['person'] === person && each['model'] === model);
      expect([Number(row?.['requests']), Number(row?.['cost_usd'])]).toEqual([count, cost]);
    }
  });
});

describe('zephyr cost', () => {
  it('counts the probes that zephyr usage counts', async () => {
    const ofUsage = async () =>
      (JSON.parse(await zephyr('usage --by person --since 1d --json')) as UsageReport).rows.find(
        ({ person }) => person === 'probes',
      )?.requests ?? 0;
    const before = await ofUsage();
    const { endpoints } = JSON.parse(await zephyr('cost --json'));
    const [day] = JSON.parse(await zephyr('cost --days 1 --json'));
    const after = await ofUsage();
    for (const probes of [endpoints[0].probes, day.probes]) {
      expect(probes).toBeGreaterThanOrEqual(before);
      expect(probes).toBeLessThanOrEqual(after);
    }
  });
});

describe('a query that is wrong', () => {
  it.each([
    ['usage --by foo', 'by takes person, endpoint, model, day, hour'],
    ['usage --since yesterday', 'expected 7d, 24h, 2026-11-01'],
    ['usage export --csv --json', 'export needs one format'],
  ])('%s is an error of the command line, reported with what is right', async (command, words) => {
    const child = start(command);
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
    // API terms mean nothing on the command line.
    expect(stderr).not.toMatch(/openapi|GET /);
  });
});

describe('budgets', () => {
  const api = async (path: string) =>
    (await fetch(`http://127.0.0.1:${system.ports.controller}${path}`)).text();
  const budgets = async () => (JSON.parse(await api('/api/budgets')) as BudgetList).budgets;

  it('are shown with the remainder, trigger warnings, and can be raised for a day', async () => {
    await eventually(async () =>
      expect(await budgets()).toMatchObject([
        { name: 'bob', of: 'person', period: 'day', budget_usd: 0.008, used_usd: 0.007 },
      ]),
    );
    await eventually(async () =>
      expect(await api('/api/history')).toContain('"person_budget_nearly_spent"'),
    );
    expect(await zephyr('clients grant bob 1')).toBe(
      'bob may spend $1.00 more today, until 00:00 UTC.\n',
    );
    expect(await budgets()).toMatchObject([{ granted_usd: 1, left_usd: 1.001 }]);
    expect(await zephyr('usage')).toMatch(/^bob +day +\$1\.00 /m);
    expect(await api('/api/history')).toContain('"subject":"bob: $1"');
    const stranger = start('clients grant eve 1');
    const [why] = await Promise.all([text(stranger.stderr), once(stranger, 'exit')]);
    expect(why).toContain('There is no such person or team.');
  });
});

describe('zephyr requests', () => {
  it('filters by person, by failure and by either id', async () => {
    await eventually(async () => expect(await requests()).toHaveLength(4), 200);
    expect(personsOf(await requests())).toEqual(['ann', 'ann', 'bob', 'bob']);
    expect(personsOf(await requests(' --person ann'))).toEqual(['ann', 'ann']);
    const [failed, ...others] = await requests(' --failed');
    expect(failed).toMatchObject({ person: 'bob', outcome: 'passed' });
    expect(others).toEqual([]);
    expect(await requests(` --id ${failed?.id}`)).toEqual([failed]);
    expect(await zephyr('requests --id zephyr_unknown')).not.toContain('bob');
    expect(await zephyr('requests --failed')).toMatch(/ bob +one +claude-haiku-4-5 /);
  });

  it('follows those of one person as they end', async () => {
    const child = start('requests --follow --json --limit 1 --person ann');
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const seen = () =>
      output
        .trim()
        .split('\n')
        .filter((line) => line !== '');
    await eventually(() => expect(seen()).toHaveLength(1), 200);
    await eventually(async () => {
      await ask('bob');
      await ask('ann');
      expect(seen().length).toBeGreaterThan(2);
    }, 200);
    const records = seen().map((line) => JSON.parse(line) as ApiRequestRecord);
    expect(new Set(personsOf(records))).toEqual(new Set(['ann']));
    expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
    child.kill('SIGINT');
    await once(child, 'exit');
  });
});

it('explains "other", if there is any', async () => {
  expect(await zephyr('usage --by model')).not.toContain('“other”');
  upstream.next(status(404));
  await ask('ann', 'invented');
  await eventually(async () => {
    const shown = await zephyr('usage --by model');
    expect(shown).toMatch(/^other +1 /m);
    expect(shown).toContain('“other”: usage that no longer fits into the rows of an hour or a day');
  });
});
