/**
 * The main job, end to end: the `zephyr demo` command as a person starts it, the real Claude CLI as client
 * and as probe, an endpoint that dies, and a shutdown that leaves nothing behind.
 */

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ProgramStatus } from '@zephyr/contract/status/program-status';
import { eventually } from '@zephyr/testkit/eventually';
import { isAlive } from '@zephyr/testkit/process-alive';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ZEPHYR = join(ROOT, 'packages/cli/bin/zephyr');
const CLAUDE = join(ROOT, 'node_modules/.bin/claude');

const run = promisify(execFile);

interface Demo {
  readonly process: ChildProcess;
  readonly url: string;
  readonly controllerUrl: string;
  readonly output: () => string;
}

const home = mkdtempSync(join(tmpdir(), 'zephyr-e2e-'));
const environment = {
  PATH: process.env['PATH'],
  HOME: home,
  XDG_STATE_HOME: join(home, 'state'),
};

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The demo on free ports, as a person starts it. */
async function startDemo(): Promise<Demo> {
  const { child, output } = spawnDemo();
  return await eventually(() => {
    const url = /Zephyr serves at (\S+)/.exec(output())?.[1];
    const controllerUrl = /status, (http:\S+)$/m.exec(output())?.[1];
    if (url === undefined || controllerUrl === undefined) {
      throw new Error(`the demo does not serve:\n${output()}`);
    }
    return { process: child, url, controllerUrl, output };
  }, 200);
}

function spawnDemo() {
  const child = spawn(ZEPHYR, ['demo', '--port', '0'], { env: environment });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return { child, output: () => text };
}

/** What the real Claude CLI prints. */
async function askClaude(demo: Demo): Promise<string> {
  const asking = run(CLAUDE, ['-p', 'hello'], {
    cwd: home,
    timeout: 60_000,
    env: {
      ...environment,
      ANTHROPIC_BASE_URL: demo.url,
      ANTHROPIC_AUTH_TOKEN: 'of-the-client',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      // Failures that the proxy does not hide must be visible.
      CLAUDE_CODE_MAX_RETRIES: '0',
    },
  });
  asking.child.stdin?.end();
  return (await asking).stdout;
}

async function statusOf(demo: Demo): Promise<ProgramStatus> {
  const response = await fetch(`${demo.url}/status`, { headers: { accept: 'application/json' } });
  return (await response.json()) as ProgramStatus;
}

/** The pids of all descendants. */
function descendantsOf(pid: number): readonly number[] {
  const pairs = process.platform === 'linux' ? pairsInProc() : pairsOfPs();
  const below = (parent: number): number[] =>
    pairs.flatMap(([child = 0, ofParent]) => (ofParent === parent ? [child, ...below(child)] : []));
  return below(pid);
}

/** `[pid, pid of its parent]` of each process. A bare Debian has no `ps`. */
function pairsInProc(): readonly number[][] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The name in parentheses may itself contain spaces and parentheses.
        const [, parent] =
          /\) \S (\d+) [^)]*$/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
        return [[Number(name), Number(parent)]];
      } catch {
        // The process has ended meanwhile.
        return [];
      }
    });
}

function pairsOfPs(): readonly number[][] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
}

describe('zephyr demo', () => {
  let demo: Demo;
  beforeAll(async () => {
    demo = await startDemo();
  });
  afterAll(() => demo.process.kill('SIGKILL'));

  it('finds with real probes that all endpoints work, and which is the fastest', async () => {
    await eventually(async () => {
      const { endpoints, current_endpoint } = await statusOf(demo);
      expect(endpoints.map(({ health }) => health)).toEqual(['healthy', 'healthy', 'healthy']);
      expect(current_endpoint).toBe('Tokyo');
    }, 200);
  });

  it('answers the real Claude CLI from the fastest endpoint', async () => {
    expect(await askClaude(demo)).toContain('Hello from Tokyo');
  });

  it('shows which endpoint is serving', async () => {
    const { stdout } = await run(ZEPHYR, ['status', '--url', demo.controllerUrl], {
      env: environment,
    });
    expect(stdout).toMatch(/^Tokyo is serving$/m);
    expect(stdout).toMatch(/^Virginia +fallback/m);
  });

  it('answers the next request from another endpoint when the active one dies', async () => {
    await run(ZEPHYR, ['demo', 'kill', 'tokyo'], { env: environment });
    expect(await askClaude(demo)).toMatch(/Hello from (Frankfurt|Virginia)/);
    await eventually(async () => {
      expect((await statusOf(demo)).current_endpoint).not.toBe('Tokyo');
    }, 200);
  });

  it('ends by Ctrl-C and leaves no process behind', async () => {
    const { pid = 0 } = demo.process;
    const below = descendantsOf(pid);
    // Redis and its watchdog.
    expect(below.length).toBeGreaterThanOrEqual(2);
    demo.process.kill('SIGINT');
    const [exitCode] = await once(demo.process, 'exit');
    expect(exitCode, demo.output()).toBe(0);
    expect(below.filter(isAlive)).toEqual([]);
  });
});

describe('zephyr demo, asked to end by SIGTERM', () => {
  it('lets an active request finish', async () => {
    const demo = await startDemo();
    const below = descendantsOf(demo.process.pid ?? 0);
    const exited = once(demo.process, 'exit');
    // Each word of the answer takes 30 ms, so this one takes a second.
    const prompt = 'a b c d e f g h i j k l m n o p q r s t u v w x y z';
    const response = await fetch(`${demo.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: 'Bearer of-the-client', 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'claude-haiku-4-5',
        max_tokens: 100,
        stream: true,
        messages: [{ role: 'user', content: prompt }],
      }),
    });
    let answer = '';
    for await (const chunk of response.body ?? []) {
      if (answer === '') demo.process.kill('SIGTERM');
      answer += new TextDecoder().decode(chunk);
    }
    expect(answer).toContain('message_start');
    expect(answer).toContain('event: message_stop');
    const [exitCode] = await exited;
    expect(exitCode, demo.output()).toBe(0);
    expect(below.filter(isAlive)).toEqual([]);
  });
});

describe('zephyr demo, interrupted in the middle of its start', () => {
  it('leaves no process behind', async () => {
    const { child, output } = spawnDemo();
    const exited = once(child, 'exit');
    // The first service is ready, the others are not.
    await eventually(() => expect(output()).toContain('ready'), 5);
    const below = descendantsOf(child.pid ?? 0);
    child.kill('SIGINT');
    const [exitCode] = await exited;
    expect(exitCode, output()).toBe(0);
    expect(below.filter(isAlive)).toEqual([]);
  });
});
