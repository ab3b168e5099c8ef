/** A running `zephyr start` is replaced under traffic: no connection is refused, no answer is cut. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from '@zephyr/testkit/eventually';
import { type CallResult, call } from '@zephyr/testkit/http-call';
import { isAlive } from '@zephyr/testkit/process-alive';
import { freePort } from '@zephyr/testkit/prometheus';
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { chunk, chunkedHead, LAST_CHUNK } from '@zephyr/testkit/upstream-scripts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runZephyr, ZEPHYR } from './support/run-zephyr.ts';

const TOKEN = 'sk-token-a-51c7';
const folder = mkdtempSync(join(tmpdir(), 'zephyr-restart-'));
const files = {
  config: join(folder, 'config.toml'),
  env: { ZEPHYR_ENV_FILE: join(folder, '.env'), XDG_STATE_HOME: folder, TOKEN_A: TOKEN },
};
let upstream: ScriptedUpstream;
let system: ChildProcess;
let port: number;

const event = (type: string, rest: object) =>
  chunk(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);

/** Writes its first content, and the rest when the test says so. */
async function startStream(): Promise<{ end(): Promise<CallResult> }> {
  const ending = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  upstream.next(async ({ socket, bodyComplete }) => {
    await bodyComplete;
    socket.write(chunkedHead(200, { 'content-type': 'text/event-stream' }));
    socket.write(event('message_start', { message: { usage: { input_tokens: 1 } } }));
    socket.write(event('content_block_start', { index: 0, content_block: { type: 'text' } }));
    socket.write(
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'a' } }),
    );
    await ending.promise;
    socket.write(event('message_delta', { delta: {}, usage: { output_tokens: 2 } }));
    socket.write(event('message_stop', {}));
    socket.write(LAST_CHUNK);
  });
  const running = call(port, { onChunk: () => begun.resolve() });
  await begun.promise;
  return {
    end: () => {
      ending.resolve();
      return running;
    },
  };
}

/**
 * Small sequential requests until stopped: each on its own connection, and all on one connection, as Claude
 * Code does.
 */
function keepAsking(): { end(): Promise<readonly CallResult[]> } {
  const answers: CallResult[] = [];
  let isGoing = true;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (one: () => Promise<CallResult>) => {
    while (isGoing) answers.push(await one());
  };
  const asking = Promise.all([ask(() => call(port)), ask(() => call(port, { agent }))]).finally(
    () => agent.destroy(),
  );
  return {
    end: async () => {
      isGoing = false;
      await asking;
      return answers;
    },
  };
}

beforeAll(async () => {
  upstream = await startScriptedUpstream();
  port = await freePort();
  writeFileSync(
    files.config,
    `[controller]\nport = 0\n[prober]\nport = 0\n[health_check]\nstyle = "tcp"
[[groups]]\nname = "a"\nauth_token_env = "TOKEN_A"
endpoints = [{ url = "${upstream.url}", name = "A" }]\n`,
  );
  const args = ['start', '--headless', '--config', files.config, '--port', String(port)];
  system = spawn(ZEPHYR, args, { env: { ...process.env, ...files.env }, stdio: 'ignore' });
  await eventually(async () => expect((await call(port)).status).toBe(200));
});

afterAll(async () => {
  if (system.exitCode === null) {
    const ended = once(system, 'exit');
    system.kill('SIGTERM');
    await ended;
  }
  await upstream.stop();
  rmSync(folder, { recursive: true });
});

const restart = () =>
  runZephyr(['restart', '--config', files.config, '--port', String(port)], files.env);

/** It runs the program itself, not a tool that the program uses. */
const isLaunched = (pid: string) =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--headless');

describe('zephyr restart', () => {
  it('refuses no connection and cuts no answer, twice', async () => {
    const seen = new Set<string>();
    for (const _ of [1, 2]) {
      const stream = await startStream();
      const asking = keepAsking();
      const { status, stdout, stderr } = await restart();
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const pid = /process (\d+)/.exec(stdout)?.[1] ?? '';
      seen.add(pid);
      // The variables given to the old process are not in the environment of the next.
      const environ = `/proc/${pid}/environ`;
      if (existsSync(environ)) expect(readFileSync(environ, 'latin1')).not.toContain(TOKEN);
      const answers = await asking.end();
      expect(answers.length).toBeGreaterThan(0);
      expect(answers.filter(({ status: code, end }) => code !== 200 || end !== 'clean')).toEqual(
        [],
      );
      expect(await stream.end()).toMatchObject({ status: 200, end: 'clean' });
    }
    expect(seen.size).toBe(2);
    expect(seen).not.toContain(String(system.pid));
    expect(system.exitCode).toBe(null);
  });

  it('changes nothing if the configuration is broken', async () => {
    const good = readFileSync(files.config);
    writeFileSync(files.config, '[server]\nprot = 1\n');
    expect((await restart()).status).toBe(2);
    expect((await call(port)).status).toBe(200);
    writeFileSync(files.config, good);
  });

  it('leaves no process behind if the system is stopped meanwhile', async () => {
    const children = () =>
      readFileSync(`/proc/${system.pid}/task/${system.pid}/children`, 'utf8').trim().split(' ');
    const before = children();
    const restarted = restart();
    const next = await eventually(() => {
      const started = children().find((pid) => !before.includes(pid) && isLaunched(pid));
      expect(started).toBeDefined();
      return Number(started);
    });
    const ended = once(system, 'exit');
    system.kill('SIGTERM');
    await ended;
    expect(isAlive(next)).toBe(false);
    await restarted;
  });
});
