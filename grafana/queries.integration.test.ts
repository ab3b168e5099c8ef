/**
 * Every query of every dashboard against a real Prometheus that scraped the real services, with traffic, a
 * failing and a dying endpoint: none may be invalid or empty.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@zephyr/testkit/eventually';

import {
  freePort,
  hasPrometheus,
  type Prometheus,
  type PrometheusSample,
  startPrometheus,
} from '@zephyr/testkit/prometheus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Demo, startDemo } from '../packages/cli/src/commands/lifecycle/demo.ts';
import { DASHBOARDS, renderDashboards } from './source/dashboards.ts';

const missing = !hasPrometheus();
if (missing) console.log('dashboards: queries not run, prometheus is not installed');
const artifacts = join(import.meta.dirname, '../tests/artifacts');

const ofPanels = Object.values(DASHBOARDS).flatMap(({ title: dashboard, rows }) =>
  rows.flatMap(({ panels }) =>
    panels.flatMap(({ title, queries }) =>
      queries.map(({ expr }) => ({ name: `${dashboard} / ${title}`, expr: filled(expr) })),
    ),
  ),
);

/** The same on each dashboard. */
const around = [...renderDashboards().values()].slice(-1).flatMap((text) => {
  const { annotations, templating } = JSON.parse(text) as Around;
  const queries = templating.list.flatMap(({ name, query }) => {
    const [, metric] = /^label_values\((.+), \w+\)$|^query_result\((.+)\)$/
      .exec(query)
      ?.filter((part) => part !== undefined) ?? [undefined, undefined];
    return metric === undefined ? [] : [{ name: `variable ${name}`, expr: filled(metric) }];
  });
  const events = annotations.list.map(({ name, expr }) => ({ name: `annotation ${name}`, expr }));
  return [...queries, ...events];
});

/** The demo has no budgets; `budget-metrics.test.ts` has the names. */
const queries = [...ofPanels, ...around].filter(({ expr }) => !expr.includes('zephyr_budget_'));

/** As Grafana does, with everything selected. */
function filled(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1h')
    .replaceAll(/\$(group|endpoint|model|person)\b/g, '.*');
}

describe.skipIf(missing)('what Prometheus knows', () => {
  let home: string;
  let demo: Demo;
  let prometheus: Prometheus;
  const samples: string[] = [];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'zephyr-grafana-'));
    const metricsPort = await freePort();
    demo = await startDemo(
      0,
      {
        ...process.env,
        XDG_STATE_HOME: home,
        // As in containers: people's names are on a separate port.
        ZEPHYR_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
      },
      () => undefined,
    );
    prometheus = await startPrometheus(
      { ...demo.system.ports, proxy: metricsPort },
      { rules: readFileSync(join(import.meta.dirname, 'prometheus/rules/objectives.yml'), 'utf8') },
    );
    await makeHistory(demo, prometheus);
  }, 120_000);
  afterAll(async () => {
    await prometheus?.stop();
    await demo?.system.stop();
    await demo?.endEndpoints();
    rmSync(home, { recursive: true, force: true });
    mkdirSync(artifacts, { recursive: true });
    writeFileSync(join(artifacts, 'panels.txt'), `${samples.join('\n')}\n`);
  });

  it.each(queries)('answers the query of $name', async ({ name, expr }) => {
    const result = await eventually(async () => {
      const found = await prometheus.query(expr);
      expect(found.length, expr).toBeGreaterThan(0);
      // 0/0 of a histogram without samples is not a value either.
      expect(
        found.some(({ value }) => value[1] !== 'NaN'),
        expr,
      ).toBe(true);
      return found;
    });
    samples.push(`${name}: ${sampleOf(result)}`);
    if (expr.includes('group_left (name)')) {
      expect(['Virginia', 'Frankfurt', 'Tokyo', 'none']).toContain(result[0]?.metric['name']);
    }
  });
});

function sampleOf(result: readonly PrometheusSample[]): string {
  const best = result.findLast(({ value }) => Number(value[1]) > 0) ?? result[0];
  const labels = Object.entries(best?.metric ?? {})
    .filter(([name]) => !['__name__', 'instance', 'job'].includes(name))
    .map(([name, value]) => `${name}=${value}`);
  const number = Number(best?.value[1]);
  return `${Number.isInteger(number) ? number : number.toPrecision(3)} ${labels.join(' ')}`.trim();
}

/** Good answers, a refused path, a failover, a stream that dies with its endpoint, probes. */
async function makeHistory({ system, endpoints }: Demo, prometheus: Prometheus): Promise<void> {
  const url = `http://127.0.0.1:${system.ports.proxy}`;
  const begin = (stream: boolean) =>
    fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({
        ...{ model: 'claude-haiku-4-5', max_tokens: 50, stream },
        messages: [{ role: 'user', content: 'hello' }],
      }),
    });
  const ask = (stream: boolean) =>
    begin(stream)
      .then((response) => response.text())
      .catch(() => '');
  const scraped = async () => {
    const [answers] = await prometheus.query('sum(zephyr_proxy_requests_total)');
    return Number(answers?.value[1] ?? 0);
  };
  await eventually(async () => {
    expect(await (await fetch(`${url}/status`)).text()).toContain('Tokyo');
    expect(await ask(true)).toContain('Tokyo');
  });
  for (let round = 0; round < 3; round += 1) {
    const before = await scraped();
    await Promise.all([ask(true), ask(false), fetch(`${url}/v1//messages`)]);
    // They must rise in more than one scrape.
    await eventually(async () => expect(await scraped()).toBeGreaterThan(before));
  }
  // A stream is passed on from its first content, half a second before its end.
  const streams = await Promise.all([begin(true), begin(true), begin(true)]);
  await endpoints.find(({ name }) => name === 'Tokyo')?.kill();
  const ends = streams.map((response) => response.text().catch(() => ''));
  await Promise.all([...ends, ask(true), ask(false)]);
  for (let round = 0; round < 5; round += 1) await Promise.all([ask(true), ask(false)]);
  await endpoints.find(({ name }) => name === 'Tokyo')?.revive();
}

interface Around {
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly expr: string }[];
  };
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string }[];
  };
}
