/**
 * The class of each failure: the real Claude CLI and the direct probe against endpoints that misbehave.
 * Both must give the same class.
 */
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';

import type { FailureClass } from '@zephyr/contract/failure';
import type { ProbeStyle, ProbeVerdict } from '@zephyr/contract/probe/probe';
import { makeFakeClaude } from '@zephyr/testkit/fake-claude';
import { messageEvents, renderEvent } from '@zephyr/testkit/messages-api';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { EXPIRED, VALID, WRONG_NAME } from '@zephyr/testkit/tls-fixture';
import { describe, it, type TestContext } from 'vitest';
import { createStartGate } from './claude-cli/start-gate.ts';
import { type ProbeReport, runProbe } from './probe.ts';
import { bearer } from './test-support/bearer.ts';

const TOKEN = 'sk-canary-0123456789';
const gate = createStartGate();
async function probe(style: ProbeStyle, baseUrl: string, timeoutMs = 60_000) {
  const target = { baseUrl, headers: bearer(TOKEN), model: 'claude-haiku-4-5', timeoutMs };
  const { signal } = new AbortController();
  return await runProbe(style, target, { signal, gate });
}

/** On a busy machine the start of the CLI takes most of the time: retry with twice as much. */
async function failureOf(
  { failure, timeoutMs }: Pick<Trouble, 'failure' | 'timeoutMs'>,
  style: ProbeStyle,
  baseUrl: string,
): Promise<ProbeVerdict> {
  const { verdict } = await probe(style, baseUrl, timeoutMs);
  if (verdict.status === 'failed' && verdict.failure === failure) return verdict;
  if (timeoutMs === undefined || timeoutMs > 20_000) return verdict;
  return failureOf({ failure, timeoutMs: timeoutMs * 2 }, style, baseUrl);
}

/** With a program in place of the CLI. */
function probeBy(claudeBinaryPath: string, timeoutMs = 60_000): Promise<ProbeReport> {
  const target = { baseUrl: 'http://127.0.0.1:1', headers: bearer(TOKEN), model: 'none' };
  const { signal } = new AbortController();
  return runProbe('cli', { ...target, timeoutMs, claudeBinaryPath }, { signal, gate });
}

async function upstream(
  { onTestFinished }: TestContext,
  answer: (socket: Socket) => void,
): Promise<string> {
  const server = await startScriptedUpstream({
    script: async ({ socket, bodyComplete }) => {
      await bodyComplete;
      answer(socket);
    },
  });
  onTestFinished(() => server.stop());
  return server.url;
}

/** The port of a server that does this with each connection immediately. */
async function listen({ onTestFinished }: TestContext, server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A complete answer with a length. */
function plainAnswer(code: number, body: string, type = 'application/json'): string {
  const head = [`HTTP/1.1 ${code} Status`, `content-type: ${type}`, 'connection: close'];
  return [...head, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

/** The head of a streaming answer, which ends with the connection. */
const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n';

const events = messageEvents({
  text: 'pong',
  model: 'claude-haiku-4-5',
  inputTokens: 90,
  outputTokens: 5,
}).map(renderEvent);
const apiError = (type: string, message: string) =>
  JSON.stringify({ type: 'error', error: { type, message } });
const sseError = (type: string) => `event: error\ndata: ${apiError(type, `it says ${type}`)}\n\n`;

interface Trouble {
  readonly name: string;
  readonly failure: FailureClass;
  readonly answer: (socket: Socket) => void;
  readonly timeoutMs?: number;
}

const status = (
  name: string,
  failure: FailureClass,
  code: number,
  body: string,
  type?: string,
): Trouble => ({
  name,
  failure,
  answer: (socket) => void socket.end(plainAnswer(code, body, type)),
});
const HTML = '<!doctype html><title>Just a moment</title>';

const TROUBLES: readonly Trouble[] = [
  status('400', 'client_error', 400, apiError('invalid_request_error', 'tools: wrong')),
  status(
    '400 for an empty account',
    'credit',
    400,
    apiError('invalid_request_error', 'Your credit balance is too low'),
  ),
  status('401', 'token_refused', 401, apiError('authentication_error', 'invalid x-api-key')),
  status('402', 'credit', 402, apiError('billing_error', 'pay')),
  status('403', 'forbidden', 403, apiError('permission_error', 'not allowed')),
  status('403 of a bot wall', 'not_claude', 403, HTML, 'text/html'),
  status('404 for the model', 'model_not_found', 404, apiError('not_found_error', 'model: nope')),
  status('404 of a web server', 'not_claude', 404, HTML, 'text/html'),
  status('429', 'rate_limited', 429, apiError('rate_limit_error', 'slow down')),
  status('500', 'server_error', 500, apiError('api_error', 'oops')),
  status('502 of a gateway', 'server_error', 502, HTML, 'text/html'),
  status('529', 'overloaded', 529, apiError('overloaded_error', 'Overloaded')),
  status('a redirect', 'not_claude', 302, '', 'text/html'),
  status('a page with status 200', 'not_claude', 200, HTML, 'text/html'),
  status('nothing with status 200', 'not_claude', 200, '', 'text/event-stream'),
  status('an error with status 200', 'server_error', 200, apiError('api_error', 'upstream failed')),
  {
    name: 'overload as first event',
    failure: 'overloaded',
    answer: (socket) => void socket.end(STREAM_HEAD + sseError('overloaded_error')),
  },
  {
    name: 'an end in the middle that looks clean',
    failure: 'truncated',
    answer: (socket) => void socket.end(STREAM_HEAD + events.slice(0, 3).join('')),
  },
  {
    name: 'a clean end after the text but before the last event',
    failure: 'truncated',
    answer: (socket) => void socket.end(STREAM_HEAD + events.slice(0, -2).join('')),
  },
  {
    name: 'a reset in the middle',
    failure: 'truncated',
    answer: (socket) =>
      void socket.write(STREAM_HEAD + events.slice(0, 3).join(''), () =>
        setTimeout(() => socket.resetAndDestroy(), 50),
      ),
  },
  {
    name: 'a reset before an answer',
    failure: 'reset',
    answer: (socket) => void socket.resetAndDestroy(),
  },
  {
    name: 'what is not HTTP',
    failure: 'not_claude',
    answer: (socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
  },
  {
    name: 'no answer',
    failure: 'first_byte_timeout',
    answer: () => undefined,
    timeoutMs: 4_000,
  },
  {
    name: 'silence after the first event',
    failure: 'idle_timeout',
    answer: (socket) => void socket.write(STREAM_HEAD + events[0]),
    timeoutMs: 6_000,
  },
  {
    name: 'pings without end',
    failure: 'timeout',
    answer: (socket) => {
      socket.write(STREAM_HEAD + events[0]);
      const timer = setInterval(() => socket.write(renderEvent({ type: 'ping' })), 200);
      socket.on('close', () => clearInterval(timer));
    },
    timeoutMs: 4_000,
  },
];

describe.concurrent.each(['cli', 'messages'] as const)('a probe in style %s', (style) => {
  it.for(TROUBLES)('calls $name $failure', async (trouble, context) => {
    const url = await upstream(context, trouble.answer);
    const verdict = await failureOf(trouble, style, url);
    context.expect(verdict).toMatchObject({ status: 'failed', failure: trouble.failure });
    context.expect(JSON.stringify(verdict)).not.toContain(TOKEN);
  });

  it('accepts a complete answer and reports what it cost', async (context) => {
    const url = await upstream(context, (socket) => void socket.end(STREAM_HEAD + events.join('')));
    const { verdict, usage } = await probe(style, url);
    context.expect(verdict).toMatchObject({ status: 'ok' });
    context.expect(usage).toMatchObject({ inputTokens: 90, outputTokens: 5 });
  });

  it.for([
    { name: 'events as text/plain', head: STREAM_HEAD.replace('text/event-stream', 'text/plain') },
    { name: 'events with CR', head: STREAM_HEAD, lineEnd: '\r' },
    {
      name: 'interim answers first',
      head: 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(40) + STREAM_HEAD,
    },
    { name: 'much behind the last event', head: STREAM_HEAD, rest: ': x\n\n'.repeat(2_000) },
  ])(
    'passes what the proxy serves: $name',
    async ({ head, lineEnd = '\n', rest = '' }, context) => {
      const body = (events.join('') + rest).replaceAll('\n', lineEnd);
      const url = await upstream(context, (socket) => void socket.end(head + body));
      const { verdict } = await probe(style, url);
      context.expect(verdict).toMatchObject({ status: 'ok' });
    },
  );

  it('passes an endpoint that keeps the connection open after the last event', async (context) => {
    const url = await upstream(context, (socket) => {
      socket.write(STREAM_HEAD + events.join(''));
      const timer = setInterval(() => socket.write(renderEvent({ type: 'ping' })), 50);
      socket.on('close', () => clearInterval(timer));
    });
    const { verdict } = await probe(style, url);
    context.expect(verdict).toMatchObject({ status: 'ok' });
  });

  it('calls a name that does not resolve dns', async (context) => {
    const { verdict } = await probe(style, 'https://nowhere.invalid');
    context.expect(verdict).toMatchObject({ status: 'failed', failure: 'dns' });
  });
});

const STYLES = ['cli', 'messages', 'http', 'tcp'] as const;

describe.concurrent.each(STYLES)('a probe in style %s', (style) => {
  it('calls a closed port refused', async (context) => {
    const server = net.createServer();
    const port = await listen(context, server);
    server.close();
    const { verdict } = await probe(style, `http://127.0.0.1:${port}`);
    context.expect(verdict).toMatchObject({ status: 'failed', failure: 'connection_refused' });
  });

  it('calls a port without TLS tls', async (context) => {
    const port = await listen(
      context,
      net.createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0\r\n')),
    );
    const { verdict } = await probe(style, `https://127.0.0.1:${port}`);
    context.expect(verdict).toMatchObject({ status: 'failed', failure: 'tls' });
  });

  it.for([
    { name: 'that nobody vouches for', identity: VALID },
    { name: 'of another host', identity: WRONG_NAME },
    { name: 'that has ended', identity: EXPIRED },
  ])('calls a certificate $name tls', async ({ identity }, context) => {
    const server = await startScriptedUpstream({ tls: identity });
    context.onTestFinished(() => server.stop());
    const { verdict } = await probe(style, server.url);
    context.expect(verdict).toMatchObject({ status: 'failed', failure: 'tls' });
  });

  it('calls a handshake that hangs connect_timeout', async (context) => {
    const port = await listen(
      context,
      net.createServer((socket) => socket.on('error', () => undefined)),
    );
    const trouble = { failure: 'connect_timeout', timeoutMs: 4_000 } as const;
    const verdict = await failureOf(trouble, style, `https://127.0.0.1:${port}`);
    context.expect(verdict).toMatchObject({ status: 'failed', failure: 'connect_timeout' });
  });
});

describe.concurrent('a probe by a CLI in trouble', () => {
  it.for([
    { behaviour: 'exits3', says: 'cannot continue' },
    { behaviour: 'crashes', says: 'killed by SIGSEGV' },
    { behaviour: 'printsForever', says: 'printed too much output' },
    { behaviour: 'printsGarbage', says: 'without a result: garbage' },
    { behaviour: 'ignoresTerm', says: 'sent no request within 1 s', timeoutMs: 1_000 },
    { behaviour: 'liesAboutSuccess', says: 'sent no request' },
  ] as const)('calls $behaviour cli_crashed', async ({ behaviour, says, ...limit }, context) => {
    const timeoutMs = 'timeoutMs' in limit ? limit.timeoutMs : undefined;
    const { verdict } = await probeBy(makeFakeClaude(behaviour), timeoutMs);
    context.expect(verdict).toMatchObject({ status: 'failed', failure: 'cli_crashed' });
    context.expect((verdict as { detail?: string }).detail).toContain(says);
  });

  it('calls a CLI that is not there cli_missing', async (context) => {
    const { verdict } = await probeBy('/nowhere/c');
    context.expect(verdict).toMatchObject({ status: 'failed', failure: 'cli_missing' });
  });
});
