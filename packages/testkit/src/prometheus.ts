/** A private Prometheus that scrapes the given targets, stopped with the test. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PrometheusSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [atSeconds: number, value: string];
}

export interface Prometheus {
  /** An instant query. @throws Error with the message of Prometheus if the query is wrong. */
  query(expr: string): Promise<readonly PrometheusSample[]>;
  stop(): Promise<void>;
}

/** Job name by local port. */
export type ScrapeTargets = Readonly<Record<string, number>>;

export interface PrometheusOptions {
  /** The text of a rules file, evaluated every second. */
  readonly rules?: string;
  /** Local port of the receiver of alerts. */
  readonly alertmanagerPort?: number;
}

const START_TIMEOUT_MS = 30_000;

export function hasPrometheus(): boolean {
  return spawnSync('prometheus', ['--version']).status === 0;
}

export async function startPrometheus(
  targets: ScrapeTargets,
  options: PrometheusOptions = {},
): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-prometheus-'));
  const configPath = join(folder, 'prometheus.yml');
  writeFileSync(configPath, configOf(targets, options));
  writeFileSync(join(folder, 'rules.yml'), options.rules ?? 'groups: []\n');
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${configPath}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (child.exitCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  await ready(url).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { query: (expr) => query(url, expr), stop };
}

function configOf(targets: ScrapeTargets, { alertmanagerPort }: PrometheusOptions): string {
  const jobs = Object.entries(targets).map(([job, port]) => ({
    job_name: job,
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
  }));
  // JSON is YAML.
  const managers =
    alertmanagerPort === undefined
      ? []
      : [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }];
  return JSON.stringify({
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml'],
    alerting: { alertmanagers: managers },
    scrape_configs: jobs,
  });
}

async function ready(url: string): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(100);
  }
  throw new Error(`prometheus is not ready after ${START_TIMEOUT_MS / 1000} s`);
}

async function query(url: string, expr: string): Promise<readonly PrometheusSample[]> {
  const answer = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expr }),
  });
  const body = (await answer.json()) as {
    error?: string;
    data?: { result: readonly PrometheusSample[] };
  };
  if (body.data === undefined) throw new Error(`${expr}: ${body.error ?? answer.status}`);
  return body.data.result;
}

/** A local port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
