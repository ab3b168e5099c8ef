import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ServiceName, StartFunction } from '@zephyr/runtime/service/service';
import { eventually } from '@zephyr/testkit/eventually';
import { folderOfTest } from '@zephyr/testkit/folder-of-test';
import { isAlive } from '@zephyr/testkit/process-alive';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';

import { type LaunchedSystem, type LaunchPlan, launch } from './launcher.ts';
import { STUBS, stubPlan } from './test-support/stub-plan.ts';
import { startStub } from './test-support/stub-service.ts';

let system: LaunchedSystem | undefined;
let lines: string[] = [];

async function start(changes: Partial<LaunchPlan> = {}): Promise<LaunchedSystem> {
  lines = [];
  const plan = stubPlan(folderOfTest('launch'), (service, line) =>
    lines.push(`${service} ${line}`),
  );
  system = await launch({ ...plan, ...changes });
  return system;
}

/** The services in the order of their log lines with this message. */
function orderOf(message: string): string[] {
  return lines
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => line.split(' ')[0] ?? '');
}

describe('launch', () => {
  afterEach(async () => {
    await system?.stop();
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

  it('gives the admin token only to the controller', async () => {
    const stub = stubPlan(folderOfTest('launch'), () => undefined).environment;
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

  it('stops the proxy first, after its active requests, and leaves no process behind', async () => {
    const listeners = process.listenerCount('uncaughtException');
    const { ports, redisPid, stop } = await start();
    const redis = redisPid() ?? 0;
    expect(isAlive(redis)).toBe(true);
    const running = await fetch(`http://127.0.0.1:${ports.proxy}/slow`);
    await stop();
    expect(await running.text()).toBe('started ended');
    expect(orderOf('stopped').at(-1)).toBe('controller');
    expect(orderOf('stopped').toSorted()).toEqual(['controller', 'prober', 'proxy']);
    expect(isAlive(redis)).toBe(false);
    expect(process.listenerCount('uncaughtException')).toBe(listeners);
  });

  it('restarts a service that was stopped', async () => {
    const { services } = await start();
    services.prober.kill();
    await eventually(() => expect(orderOf('ready')).toHaveLength(4));
    expect(orderOf('ready').at(-1)).toBe('prober');
  });

  it('restarts a dead Redis at the same socket', async () => {
    const { redisPid, ports } = await start();
    const before = redisPid() ?? 0;
    const response = await fetch(`http://127.0.0.1:${ports.proxy}/environment`);
    const { ZEPHYR_REDIS_URL: url = '' } = (await response.json()) as Record<string, string>;
    process.kill(before, 'SIGKILL');
    const redis = new Redis({ path: new URL(url).pathname, retryStrategy: () => 100 });
    redis.on('error', () => undefined);
    await eventually(() => {
      expect(redisPid()).toBeGreaterThan(0);
      expect(redisPid()).not.toBe(before);
    });
    expect(await redis.ping()).toBe('PONG');
    redis.disconnect();
  });

  it('leaves nothing running when a service does not start', async () => {
    const broken = async () => {
      throw new Error('it is broken');
    };
    const started: number[] = [];
    const noted: StartFunction = async (context) => {
      const service = await startStub(context);
      started.push(service.port);
      return service;
    };
    const services = {
      proxy: async () => broken,
      prober: async () => noted,
      controller: async () => noted,
    };
    await expect(start({ services })).rejects.toThrow('the proxy did not start: it is broken');
    expect(lines).toContain('proxy it is broken');
    for (const port of started) {
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    }
    expect(started).toHaveLength(2);
  });

  it('fails the start when a service does not become ready in time', async () => {
    const silent = () => new Promise<never>(() => undefined);
    const services = { ...STUBS, prober: async () => silent };
    await expect(start({ services, readyTimeoutMs: 3_000 })).rejects.toThrow(
      // On a loaded machine the others may be as late.
      /did not start: not ready after 3 s/,
    );
  });
});

interface Launched {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly ports: Readonly<Record<ServiceName, number>>;
  readonly redisPid: number;
}

/** In a separate process. */
async function startProcess(): Promise<Launched> {
  const main = fileURLToPath(new URL('./test-support/launch-main.ts', import.meta.url));
  const folder = folderOfTest('launch');
  const child = spawn(process.execPath, [main, folder], {
    // A killed process leaves the folder of its Redis.
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  const where = await eventually(() => {
    const line = said.find((each) => each.startsWith('{'));
    if (line === undefined) throw new Error(`not launched:\n${said.join('\n')}`);
    return JSON.parse(line) as Pick<Launched, 'ports' | 'redisPid'>;
  });
  return { child, lines: said, ...where };
}

describe('a launched process', () => {
  it.each([
    { service: 'prober', how: 'throw' },
    { service: 'controller', how: 'reject' },
  ] as const)(
    'starts the $service again when an error of its $how is not caught, and cuts no answer',
    async ({ service, how }) => {
      const { ports, lines: said } = await startProcess();
      const timesReady = () =>
        said.filter((line) => line.startsWith(`${service} {`) && line.includes('"ready"')).length;
      // The second time in the same process.
      for (const times of [1, 2]) {
        await eventually(() => expect(timesReady()).toBe(times));
        const ready = said.findLast((line) => line.includes('"ready"') && line.startsWith(service));
        const port = times === 1 ? ports[service] : Number(/"port":(\d+)/.exec(ready ?? '')?.[1]);
        const running = await fetch(`http://127.0.0.1:${ports.proxy}/slow`);
        await fetch(`http://127.0.0.1:${port}/${how}`).catch(() => undefined);
        expect(await running.text()).toBe('started ended');
        await eventually(() => expect(timesReady()).toBe(times + 1));
      }
      const faults = said.filter((line) => line.includes('a fault of the stub'));
      expect(faults.map((line) => line.split(' ')[0])).toEqual([service, service]);
      expect(said).toContain(
        `${service} ended with an uncaught exception; starting it again in 0.5 s`,
      );
    },
  );

  it('restarts a service that hangs after its fault', async () => {
    const { ports, lines: said } = await startProcess();
    await fetch(`http://127.0.0.1:${ports.prober}/hang`).catch(() => undefined);
    const again = 'prober ended with an uncaught exception; starting it again in 0.5 s';
    await eventually(() => expect(said).toContain(again));
  });

  it('keeps running when its log is no longer read, and stops gracefully', async () => {
    const { child, ports, redisPid } = await startProcess();
    const exited = once(child, 'exit');
    child.stdout?.destroy();
    for (const times of [1, 2]) {
      const running = await fetch(`http://127.0.0.1:${ports.proxy}/slow`);
      // Its exit is logged, but not read; each start uses another port.
      if (times === 1) await fetch(`http://127.0.0.1:${ports.prober}/throw`).catch(() => undefined);
      expect(await running.text()).toBe('started ended');
    }
    child.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    expect(isAlive(redisPid)).toBe(false);
  });

  it('stops gracefully, with an exit code, after a fault outside any service', async () => {
    const { child, ports, lines: said, redisPid } = await startProcess();
    const exited = once(child, 'exit');
    const running = await fetch(`http://127.0.0.1:${ports.proxy}/slow`);
    child.kill('SIGUSR2');
    expect(await running.text()).toBe('started ended');
    expect(await exited).toEqual([1, null]);
    expect(said.join('\n')).toContain('a fault of the launcher');
    expect(isAlive(redisPid)).toBe(false);
  });

  it('stops gracefully when asked to, and immediately when asked again', async () => {
    for (const signals of [1, 2]) {
      const { child, ports, redisPid } = await startProcess();
      const exited = once(child, 'exit');
      const path = signals === 1 ? 'slow' : 'endless';
      const running = await fetch(`http://127.0.0.1:${ports.proxy}/${path}`);
      child.kill('SIGINT');
      if (signals === 2) {
        await eventually(async () => {
          await expect(fetch(`http://127.0.0.1:${ports.proxy}/`)).rejects.toThrow();
        });
        child.kill('SIGINT');
      }
      const answer = await running.text().catch(() => 'cut');
      expect(answer).toBe(signals === 1 ? 'started ended' : 'cut');
      expect(await exited).toEqual([signals === 1 ? 0 : 1, null]);
      expect(isAlive(redisPid)).toBe(false);
    }
  });

  it('leaves no orphan when it is killed without a chance to clean up', async () => {
    const { child, redisPid } = await startProcess();
    expect(isAlive(redisPid)).toBe(true);
    child.kill('SIGKILL');
    await eventually(() => expect(isAlive(redisPid)).toBe(false));
  });
});
