/**
 * `docker compose up` as a team runs it, with simulated endpoints: every part is restarted or killed under
 * streaming traffic, and no answer may be lost. Needs a Docker engine; takes minutes.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { createStack, type Stack, whyNoContainers } from './stack.ts';
import { ask, startTraffic, type Tally, type Traffic } from './traffic.ts';

const run = promisify(execFile);
const missing = whyNoContainers();
if (missing !== undefined) console.log(`e2e-compose: skipped, ${missing}`);

const REDIS_OUTAGE_MS = 60_000;
const patient = { timeout: 120_000, interval: 250 };
const say = (line: string) => console.log(`e2e-compose: ${line}`);

describe.skipIf(missing !== undefined)('docker compose up', { timeout: 600_000 }, () => {
  let stack: Stack;
  let traffic: Traffic;
  let home: string;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'zephyr-claude-home-'));
    stack = await createStack();
    await timed('build', () => stack.compose('build'));
    await timed('up --wait', () => stack.compose('up', '--detach', '--wait')).catch(
      async (error) => {
        say(await stack.compose('logs', '--tail', '20', '--no-color'));
        throw error;
      },
    );
    await vi.waitFor(async () => {
      expect((await stack.status()).current_endpoint_id).toBe('simulated-a');
    }, patient);
    traffic = startTraffic({ url: stack.url, clients: 8, key: 'any' });
  }, 900_000);

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    say(await stack.compose('logs', '--tail', '40', '--no-color'));
  });
  afterAll(async () => {
    await traffic?.stop();
    await stack?.remove();
    rmSync(home, { recursive: true, force: true });
  }, 120_000);

  it('answers the real Claude CLI of this machine', async () => {
    expect(await askClaude()).toContain('Simulated A');
  });

  it('loses no request when the active endpoint is killed', async () => {
    traffic.takeTally();
    await stack.compose('kill', 'simulated-a');
    expect(await askClaude()).toMatch(/Simulated [BC]/);
    await vi.waitFor(async () => {
      expect((await stack.status()).current_endpoint_id).toBe('simulated-b');
    }, patient);
    await sleep(2_000);
    const tally = report('active endpoint killed', traffic.takeTally());
    // Answers begun by the dead endpoint cannot be saved; the client must see that they are cut.
    expect(tally.cut).toBeLessThanOrEqual(8);
    expect(tally).toMatchObject({ unanswered: 0, refused: 0, cut_silently: 0 });
    expect(tally.complete).toBeGreaterThan(0);
    await stack.compose('start', 'simulated-a');
  });

  it.each(['prober', 'controller', 'redis', 'prometheus', 'grafana'])(
    'loses nothing while %s restarts',
    async (service) => {
      traffic.takeTally();
      await stack.compose('restart', service);
      await stack.compose('up', '--detach', '--wait');
      expectNothingLost(report(`${service} restarted`, traffic.takeTally()));
    },
  );

  it('finishes every active request before the proxy restarts', async () => {
    traffic.takeTally();
    await stack.compose('restart', 'proxy');
    await stack.compose('up', '--detach', '--wait');
    await vi.waitFor(async () => expect((await stack.status()).redis).toBe('connected'), patient);
    await sleep(2_000);
    const tally = report('proxy restarted', traffic.takeTally());
    // A single proxy is unreachable while it restarts; clients retry, as the Claude CLI does.
    expect(tally).toMatchObject({ cut: 0, cut_silently: 0, refused: 0 });
    expect(tally.complete).toBeGreaterThan(0);
  });

  it('keeps serving while Redis is away for a minute, and reconnects', async () => {
    traffic.takeTally();
    await stack.compose('stop', 'redis');
    await sleep(REDIS_OUTAGE_MS / 2);
    expect((await stack.status()).redis).not.toBe('connected');
    expect(await askClaude()).toContain('Simulated');
    await sleep(REDIS_OUTAGE_MS / 2);
    await stack.compose('start', 'redis');
    await vi.waitFor(async () => {
      const { redis, snapshot } = await stack.status();
      expect(redis).toBe('connected');
      expect(snapshot?.age_ms).toBeLessThan(5_000);
    }, patient);
    expectNothingLost(report('redis away for 60 s', traffic.takeTally()));
    // Container health is checked every ten seconds.
    await vi.waitFor(() => stack.compose('up', '--detach', '--wait'), patient);
  });

  it('is completely scraped by Prometheus', async () => {
    await vi.waitFor(async () => {
      const down = await promql('up == 0');
      expect(down).toEqual([]);
      expect(await promql('sum by (job) (up)')).toHaveLength(4);
      const served = await promql('sum(zephyr_proxy_requests_total)');
      expect(Number(served[0]?.value[1])).toBeGreaterThan(0);
    }, patient);
  });

  it('runs each service unprivileged, on a read-only root', async () => {
    const none = '0000000000000000';
    // The prober's SETUID and SETGID are for switching to probe users; KILL is for its init only.
    const expected = {
      proxy: { uid: '10001', effective: none, bounding: none },
      prober: { uid: '10002', effective: '00000000000000c0', bounding: '00000000000000e0' },
      controller: { uid: '10003', effective: none, bounding: none },
    };
    for (const [service, facts] of Object.entries(expected)) {
      // For the service itself: `exec` may run as another user.
      const found = await stack.compose(
        ...['exec', '-T', service, 'node', '-e'],
        `const fs = require('fs');
         const read = (pid, file) => {
           try { return fs.readFileSync('/proc/' + pid + '/' + file, 'utf8'); } catch { return ''; }
         };
         // Neither this program nor the init before the service.
         const pid = fs.readdirSync('/proc').find((name) => {
           const [program = '', ...args] = read(name, 'cmdline').split('\\0');
           return name !== String(process.pid) && !program.endsWith('docker-init') &&
             args.some((arg) => arg.endsWith('services/${service}/src/main.ts'));
         });
         const status = read(pid, 'status');
         const field = (name) => new RegExp(name + ':\\\\s*(\\\\w+)').exec(status)[1];
         let root = 'read-only';
         try { fs.writeFileSync('/app/planted', ''); root = 'writable'; } catch {}
         console.log(JSON.stringify({
           uid: field('Uid'), effective: field('CapEff'), bounding: field('CapBnd'),
           noNewPrivileges: field('NoNewPrivs'), root,
         }))`,
      );
      expect(JSON.parse(found), service).toEqual({
        ...facts,
        ...{ root: 'read-only', noNewPrivileges: '1' },
      });
    }
  });

  it('requires a key once people have keys, without a restart', async () => {
    // Guessing keys blocks the address for a minute.
    await traffic.stop();
    const lines = await stack.compose(
      ...['run', '--rm', '--no-deps', '--user', `${process.getuid?.()}`, '-T'],
      ...['cli', 'clients', 'add', 'ann'],
    );
    const key = /ANTHROPIC_AUTH_TOKEN=(zk-[\w-]+)/.exec(lines)?.[1] ?? '';
    expect(key).not.toBe('');
    const config = readFileSync(stack.configPath, 'utf8');
    expect(config).not.toContain(key);
    writeFileSync(stack.configPath, config.replace('open = true', 'open = false'));
    await vi.waitFor(async () => {
      expect(await ask({ url: stack.url, key: 'any' })).toBe('refused');
    }, patient);
    expect(await ask({ url: stack.url, key })).toBe('complete');
    say('people have keys: a wrong key is refused, the right one answered');
  });

  async function askClaude(): Promise<string> {
    const environment = {
      ...{ PATH: process.env['PATH'], HOME: home, ANTHROPIC_BASE_URL: stack.url },
      ...{ ANTHROPIC_AUTH_TOKEN: 'any', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' },
    };
    const args = ['-p', 'Who are you?', '--model', 'claude-haiku-4-5', '--max-turns', '1'];
    const child = run('claude', args, { env: environment, cwd: home, timeout: 100_000 });
    // Without EOF on stdin the CLI waits for more of the prompt.
    child.child.stdin?.end();
    return (await child).stdout;
  }

  async function promql(query: string): Promise<{ value: [number, string] }[]> {
    const path = `http://127.0.0.1:9090/api/v1/query?query=${encodeURIComponent(query)}`;
    const text = await stack.compose('exec', '-T', 'prometheus', 'wget', '-q', '-O', '-', path);
    return JSON.parse(text).data.result;
  }
});

async function timed<Value>(what: string, work: () => Promise<Value>): Promise<Value> {
  const startMs = performance.now();
  const value = await work();
  say(`${what}: ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  return value;
}

function report(event: string, tally: Tally): Tally {
  const { complete, unanswered, cut, cut_silently, refused } = tally;
  say(
    `${event}: ${complete} answers complete, ${cut} cut, ${cut_silently} cut silently, ` +
      `${refused} refused, ${unanswered} to ask again`,
  );
  return tally;
}

function expectNothingLost(tally: Tally): void {
  expect(tally).toMatchObject({ unanswered: 0, cut: 0, cut_silently: 0, refused: 0 });
  expect(tally.complete).toBeGreaterThan(0);
}
