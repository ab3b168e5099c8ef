/** The kinds of clients. Each sends one or several concurrent requests and reports how they ended. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { findCli } from '@zephyr/probes/claude-cli/cli-binary';
import { type CallResult, call, sendRaw } from '@zephyr/testkit/http-call';

import { MARK } from '../never-worse/endpoint.ts';
import { type RawAnswer, readAnswers } from './raw-answers.ts';

/** How one request ended for its client. `left`: the client disconnected on purpose. */
export interface Seen {
  readonly end: 'whole' | 'bad' | 'left';
  /** 0: no answer, or not reported by the client. */
  readonly status: number;
  /** The error of a bad one, with headers if the client exposes them. */
  readonly error: string;
}

export interface Asked {
  readonly port: number;
  readonly key: string;
  /** One for each request. */
  readonly ids: readonly string[];
}

export interface Client {
  /** Concurrent requests share one connection, pipelined. */
  readonly pipelines: boolean;
  ask(asked: Asked): Promise<readonly Seen[]>;
  close(): void;
}

/** Longer than any answer or fault. */
const TIMEOUT_MS = 60_000;
const MODEL = 'claude-haiku-4-5';
const ERROR_CHARACTERS = 2_000;
const LARGE_BYTES = 200_000;

export interface PlainOptions {
  readonly streams: boolean;
  readonly isKeptAlive?: boolean;
  readonly isLarge?: boolean;
  /** Disconnects this long after sending. */
  readonly leavesAfterMs?: () => number;
  /** Disconnects at the first content. */
  readonly leavesAtContent?: boolean;
}

/** Node's own client. */
export function plainClient(options: PlainOptions): Client {
  const agent = new Agent({ keepAlive: options.isKeptAlive === true });
  const one = async ({ port, key }: Asked, id: string): Promise<Seen> => {
    const gone = new AbortController();
    const limit = AbortSignal.timeout(options.leavesAfterMs?.() ?? TIMEOUT_MS);
    const result = await call(port, {
      ...{ agent, headers: headersOf(key), body: bodyOf(id, options) },
      signal: AbortSignal.any([gone.signal, limit]),
      onChunk: (text) => {
        if (options.leavesAtContent && text.includes('text_delta')) gone.abort();
      },
    });
    const wantsToLeave = options.leavesAfterMs !== undefined && limit.aborted;
    if (gone.signal.aborted || wantsToLeave) return { end: 'left', status: 0, error: '' };
    return seenOf(result);
  };
  return {
    pipelines: false,
    ask: (asked) => Promise.all(asked.ids.map((id) => one(asked, id))),
    close: () => agent.destroy(),
  };
}

const headersOf = (key: string): Record<string, string> => ({
  'x-api-key': key,
  'anthropic-version': '2023-06-01',
});

function bodyOf(id: string, { streams, isLarge }: PlainOptions): string {
  return JSON.stringify({
    model: MODEL,
    system: isLarge ? 's'.repeat(LARGE_BYTES) : 's',
    messages: [{ role: 'user', content: `${MARK}${id}` }],
    max_tokens: 64,
    stream: streams,
  });
}

const isWhole = (text: string): boolean =>
  text.includes('"type":"message_stop"') || text.includes('"stop_reason":"end_turn"');

function seenOf({ status, end, text, headers }: CallResult): Seen {
  if (status === 200 && end === 'clean' && isWhole(text))
    return { end: 'whole', status, error: '' };
  const error = `${end} ${JSON.stringify(headers)} ${text}`;
  return { end: 'bad', status, error: error.slice(0, ERROR_CHARACTERS) };
}

/** Pipelines its requests on one connection; HTTP/1.0 sends one. */
export function rawClient(version: '1.0' | '1.1'): Client {
  const requestOf = (key: string, id: string, isLast: boolean): string => {
    const body = bodyOf(id, { streams: true });
    const fields = Object.entries({
      ...{ host: 'localhost', ...headersOf(key), 'content-type': 'application/json' },
      'content-length': String(Buffer.byteLength(body)),
      ...(isLast && version === '1.1' ? { connection: 'close' } : {}),
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    return `POST /v1/messages HTTP/${version}\r\n${fields.join('')}\r\n${body}`;
  };
  return {
    pipelines: true,
    ask: async ({ port, key, ids }) => {
      const requests = ids.map((id, at) => requestOf(key, id, at === ids.length - 1));
      const { text } = await sendRaw(port, requests.join(''), TIMEOUT_MS);
      const answers = readAnswers(text);
      return ids.map((_, at) => rawSeen(answers[at]));
    },
    close: () => undefined,
  };
}

function rawSeen(answer: RawAnswer | undefined): Seen {
  if (answer === undefined) return { end: 'bad', status: 0, error: 'no answer' };
  const { status, body, head } = answer;
  if (status === 200 && isWhole(body)) return { end: 'whole', status, error: '' };
  return { end: 'bad', status, error: `${head}\n${body}`.slice(0, ERROR_CHARACTERS) };
}

/** The TypeScript SDK, with and without a stream. */
export function sdkClient(): Client {
  let asked = 0;
  const one = async ({ port, key }: Asked, id: string): Promise<Seen> => {
    const client = new Anthropic({
      ...{ apiKey: key, baseURL: `http://127.0.0.1:${port}`, maxRetries: 0, timeout: TIMEOUT_MS },
    });
    const messages = [{ role: 'user' as const, content: `${MARK}${id}` }];
    const question = { model: MODEL, max_tokens: 64, messages };
    asked += 1;
    try {
      const { stop_reason: reason } =
        asked % 2 === 0
          ? await client.messages.create(question)
          : await client.messages.stream(question).finalMessage();
      return { end: reason === 'end_turn' ? 'whole' : 'bad', status: 200, error: String(reason) };
    } catch (error) {
      if (hasNotConnected(error)) return { end: 'left', status: 0, error: '' };
      const status = error instanceof APIError ? Number(error.status ?? 0) : 0;
      return { end: 'bad', status, error: String(error).slice(0, ERROR_CHARACTERS) };
    }
  };
  return {
    pipelines: false,
    ask: (asked) => Promise.all(asked.ids.map((id) => one(asked, id))),
    close: () => undefined,
  };
}

/**
 * The client's own limit of ten seconds, which only a starved machine exceeds: the kernel accepts connections
 * even for a frozen proxy.
 */
function hasNotConnected(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return code === 'UND_ERR_CONNECT_TIMEOUT' || hasNotConnected(error.cause);
}

/** Created by scripts/setup-tests.sh. */
const PYTHON = fileURLToPath(new URL('../../.cache/test-clients/bin/python', import.meta.url));

/** The Python SDK in a separate process; undefined if not installed. */
export function pythonClient(): Client | undefined {
  if (!existsSync(PYTHON)) return undefined;
  const program = fileURLToPath(new URL('./client.py', import.meta.url));
  const child: ChildProcess = spawn(PYTHON, [program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  });
  const waiting: ((seen: Seen) => void)[] = [];
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) =>
      waiting.shift()?.(JSON.parse(line) as Seen),
    );
  }
  const one = ({ port, key }: Asked, id: string): Promise<Seen> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      const url = `http://127.0.0.1:${port}`;
      child.stdin?.write(`${JSON.stringify({ url, key, prompt: `${MARK}${id}` })}\n`);
    });
  return {
    pipelines: false,
    ask: (asked) => Promise.all(asked.ids.map((id) => one(asked, id))),
    close: () => child.kill(),
  };
}

/** The real Claude CLI without its own retries: failures that the proxy does not hide are visible. */
export function claudeClient(): Client {
  const file = findCli(undefined, process.env['PATH'] ?? '');
  if (file === undefined) throw new Error('no Claude CLI');
  const home = mkdtempSync(join(tmpdir(), 'zephyr-soak-cli-'));
  const one = ({ port, key }: Asked, id: string): Promise<Seen> =>
    new Promise((resolve) => {
      const env = {
        ...{ PATH: process.env['PATH'] ?? '', HOME: home, ANTHROPIC_AUTH_TOKEN: key },
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
        ...{ CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', CLAUDE_CODE_MAX_RETRIES: '0' },
      };
      const options = { env, cwd: home, timeout: 2 * TIMEOUT_MS };
      const child = execFile(file, ['-p', `${MARK}${id}`], options, (failure, stdout, stderr) => {
        const isGood = failure === null && stdout.includes('six');
        const error = `${stdout}\n${stderr}\n${failure?.message ?? ''}`;
        resolve({ end: isGood ? 'whole' : 'bad', status: 0, error: isGood ? '' : error });
      });
      child.stdin?.end();
    });
  return {
    pipelines: false,
    ask: (asked) => Promise.all(asked.ids.map((id) => one(asked, id))),
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}
