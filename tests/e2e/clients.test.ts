/** Real clients get the same answer directly and through Zephyr. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { findCli } from '@zephyr/probes/claude-cli/cli-binary';
import { eventually } from '@zephyr/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  startTestProxy,
  type TestProxy,
} from '../../services/proxy/src/test-support/test-proxy.ts';
import { type MessagesServer, startMessagesServer } from './support/messages-server.ts';

/** Created by scripts/setup-tests.sh. */
const PYTHON = join(import.meta.dirname, '../../.cache/test-clients/bin/python');
const TEAM_TOKEN = 'canary-main-3f9a1c77d2';
const SLOW_MS = 240_000;

let endpoint: MessagesServer;
let proxy: TestProxy;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zephyr-clients-'));
  endpoint = await startMessagesServer(TEAM_TOKEN);
  proxy = await startTestProxy({
    endpoints: [endpoint.url],
    snapshotPath: join(folder, 'snapshot.json'),
  });
});
afterAll(async () => {
  await proxy.stop();
  endpoint.stop();
  rmSync(folder, { recursive: true });
});

interface Way {
  readonly url: string;
  readonly token: string;
}

/** Runs the same client twice in parallel, directly and through Zephyr. */
async function bothWays<Result>(run: (way: Way) => Promise<Result>): Promise<[Result, Result]> {
  const direct = { url: endpoint.url, token: TEAM_TOKEN };
  const through = { url: `http://127.0.0.1:${proxy.port}`, token: 'of-ann' };
  return await Promise.all([run(direct), run(through)]);
}

async function output(
  [file = '', ...args]: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const env = { PATH: process.env['PATH'] ?? '', ...variables };
  const child = promisify(execFile)(file, args, { env, cwd: folder });
  child.child.stdin?.end();
  return JSON.parse((await child).stdout) as Record<string, unknown>;
}

const byKey = (command: readonly string[]) => (way: Way) =>
  output(command, { ANTHROPIC_BASE_URL: way.url, ANTHROPIC_API_KEY: way.token, HOME: folder });

const program = (name: string) => join(import.meta.dirname, 'clients', name);

describe('the same directly and through Zephyr', () => {
  it('with the TypeScript SDK', { timeout: SLOW_MS }, async () => {
    const command = [process.execPath, program('sdk.mjs')];
    const [direct, through] = await bothWays(byKey(command));
    expect(through).toEqual(direct);
    expect(through['deltas']).toEqual([...'1: a stream']);
    expect(through['error']).toMatchObject(['BadRequestError', 400, expect.anything()]);
  });

  it.skipIf(!existsSync(PYTHON))('with the Python SDK', { timeout: SLOW_MS }, async () => {
    const [direct, through] = await bothWays(byKey([PYTHON, program('sdk.py')]));
    expect(through).toEqual(direct);
    expect(through['at_once']).toEqual([0, 1, 2, 3, 4].map((n) => `1: n${n}`));
    expect(through['models']).toEqual(['claude-haiku-4-5', 'claude-sonnet-4-5']);
  });

  it.skipIf(!existsSync(PYTHON))('with LangChain', { timeout: SLOW_MS }, async () => {
    const [direct, through] = await bothWays(byKey([PYTHON, program('langchain.py')]));
    expect(through['turns']).toEqual('3: again');
    expect(through['tool']).toEqual(direct['tool']);
    expect(through).toEqual(direct);
  });

  it('with Claude Code: a tool, and a session that is resumed', { timeout: SLOW_MS }, async () => {
    const file = findCli(undefined, process.env['PATH'] ?? '');
    if (file === undefined) throw new Error('no Claude CLI');
    const note = join(folder, 'note.txt');
    writeFileSync(note, 'a note');
    const [direct, through] = await bothWays(async ({ url, token }) => {
      const home = mkdtempSync(join(folder, 'home-'));
      const ask = (...args: string[]) =>
        output([file, '-p', ...args, '--output-format', 'json', '--allowedTools', 'Read'], {
          ...{ ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: token, HOME: home },
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        });
      const first = await ask(`use a tool ${note}`);
      const second = await ask('again', '--resume', String(first['session_id']));
      return [first, second].map(({ result, is_error, num_turns, stop_reason, usage }) => ({
        ...{ result, is_error, num_turns, stop_reason, usage },
      }));
    });
    expect(through).toEqual(direct);
    expect(through.map(({ is_error }) => is_error)).toEqual([false, false]);
    expect(through[0]?.num_turns).toBe(2);
  });

  it('with Claude Code interrupted during an answer', { timeout: SLOW_MS }, async () => {
    const file = findCli(undefined, process.env['PATH'] ?? '') ?? '';
    let areRunning: Promise<void> | undefined;
    const [direct, through] = await bothWays(async ({ url, token }) => {
      const child = spawn(file, ['-p', 'never stop'], {
        ...{ cwd: folder, stdio: 'ignore' },
        env: {
          ...{ PATH: process.env['PATH'], HOME: mkdtempSync(join(folder, 'home-')) },
          ...{ ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: token },
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        },
      });
      areRunning ??= eventually(() => expect(endpoint.endless).toBe(2));
      await areRunning;
      child.kill('SIGINT');
      return await once(child, 'exit');
    });
    expect(through).toEqual(direct);
    // The endpoint stops once the client is gone.
    await eventually(() => expect(endpoint.endless).toBe(0));
  });
});
