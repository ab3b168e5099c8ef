import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { type LaunchedSystem, type LaunchPlan, launch } from './launcher.ts';
import { stubPath, stubPlan } from './test-support/stub-plan.ts';

const PATIENCE = { timeout: 30_000, interval: 50 };

let system: LaunchedSystem | undefined;
let lines: string[] = [];

async function start(changes: Partial<LaunchPlan> = {}): Promise<LaunchedSystem> {
  lines = [];
  const plan = stubPlan((service, line) => lines.push(`${service} ${line}`));
  system = await launch({ ...plan, ...changes });
  return system;
}

/** The services in the order of their log lines with this message. */
function orderOf(message: string): string[] {
  return lines
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => line.split(' ')[0] ?? '');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('launch', () => {
  afterEach(async () => {
    await system?.kill();
    system = undefined;
  });

  it('gives each service its Redis and the named tokens, and no other secret', async () => {
    const { ports } = await start();
    for (const port of Object.values(ports)) {
      const response = await fetch(`http://127.0.0.1:${port}/environment`);
      const environment = (await response.json()) as Record<string, string>;
      expect(environment['ZEPHYR_REDIS_URL']).toMatch(/^unix:/);
      expect(environment['TOKEN_A']).toBe('sk-token-a');
      expect(environment).not.toHaveProperty('ANTHROPIC_API_KEY');
    }
  });

  it('gives the admin token to the controller alone', async () => {
    const stub = stubPlan(() => undefined).environment;
    const environment = { ...stub, ZEPHYR_ADMIN_TOKEN: 'a-launch-91d5c0e7f24b38' };
    const { ports } = await start({ environment });
    const holders = await Promise.all(
      Object.entries(ports).map(async ([service, port]) => {
        const response = await fetch(`http://127.0.0.1:${port}/environment`);
        return (await response.text()).includes('ZEPHYR_ADMIN_TOKEN') ? [service] : [];
      }),
    );
    expect(holders.flat()).toEqual(['controller']);
  });

  it('ends the proxy first, after its running answers, and leaves no process behind', async () => {
    const { ports, pids, stop } = await start();
    const before = pids();
    expect(before).toHaveLength(4);
    const running = await fetch(`http://127.0.0.1:${ports.proxy}/slow`);
    await stop();
    expect(await running.text()).toBe('started ended');
    expect(orderOf('stopped').at(-1)).toBe('controller');
    expect(orderOf('stopped').toSorted()).toEqual(['controller', 'prober', 'proxy']);
    expect(before.filter(isAlive)).toEqual([]);
  });

  it('ends everything at once when asked to', async () => {
    const { ports, pids, kill } = await start();
    const before = pids();
    const running = await fetch(`http://127.0.0.1:${ports.proxy}/slow`);
    await kill();
    await expect(running.text()).rejects.toThrow();
    expect(before.filter(isAlive)).toEqual([]);
  });

  it('starts a service again that crashed', async () => {
    const { ports, pids } = await start();
    const before = pids();
    // A log line that was not written yet dies with its process.
    await vi.waitFor(() => expect(orderOf('ready')).toHaveLength(3), PATIENCE);
    await fetch(`http://127.0.0.1:${ports.prober}/crash`).catch(() => undefined);
    await vi.waitFor(() => expect(orderOf('ready')).toHaveLength(4), PATIENCE);
    expect(orderOf('ready').at(-1)).toBe('prober');
    expect(pids().filter((pid) => !before.includes(pid))).toHaveLength(1);
  });

  it('brings its Redis back at the same place when it dies', async () => {
    const { pids, ports } = await start();
    const redisPid = pids().at(-1) ?? 0;
    const response = await fetch(`http://127.0.0.1:${ports.proxy}/environment`);
    const { ZEPHYR_REDIS_URL: url = '' } = (await response.json()) as Record<string, string>;
    process.kill(redisPid, 'SIGKILL');
    const redis = new Redis({ path: new URL(url).pathname, retryStrategy: () => 100 });
    redis.on('error', () => undefined);
    await vi.waitFor(() => {
      expect(pids()).toHaveLength(4);
      expect(pids()).not.toContain(redisPid);
    }, PATIENCE);
    expect(await redis.ping()).toBe('PONG');
    redis.disconnect();
  });

  it('leaves nothing running when a service does not start', async () => {
    const mainPathOf = (service: string) => stubPath(service === 'proxy' ? 'broken' : 'controller');
    await expect(start({ mainPathOf })).rejects.toThrow('the proxy did not start: exit code 1');
    expect(lines).toContain('proxy it is broken');
  });

  it('fails the start when a service does not become ready in time', async () => {
    const mainPathOf = (service: string) =>
      stubPath(service === 'prober' ? 'silent' : 'controller');
    await expect(start({ mainPathOf, readyLimitMs: 3_000 })).rejects.toThrow(
      // On a busy machine the others may be as late.
      /did not start: not ready after 3 s/,
    );
  });

  it('leaves no orphan when the launcher is killed without a chance to clean up', async () => {
    const main = fileURLToPath(new URL('./test-support/launch-main.ts', import.meta.url));
    const launcher = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: launcher.stdout }), 'line');
    const pids = JSON.parse(String(line)) as number[];
    expect(pids.filter(isAlive)).toHaveLength(4);
    launcher.kill('SIGKILL');
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), PATIENCE);
  });
});
