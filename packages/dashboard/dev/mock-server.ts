/**
 * Serves the built page with an invented world on port 8089, for work on the looks without
 * services: `npm run build && npm run dev`. `ZEPHYR_MOCK_SCENE` names a scene of `SCENES`.
 */
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';

import type { ApiState } from '@zephyr/runtime/api';

import { inventedHistory, inventedSample, inventedState } from '@zephyr/testkit/invented-world';

const DIST = join(import.meta.dirname, '../dist');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
/** The policy that the controller sends. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SCENES: Readonly<Record<string, (state: ApiState) => ApiState>> = {
  steady: (state) => state,
  pending: (state) => ({
    ...state,
    selection: {
      status: 'pending',
      activeId: 'instcopilot-sg',
      nextId: 'instcopilot-hk',
      reason: 'faster',
      sinceAtMs: state.atMs - 12_000,
      deadlineAtMs: state.atMs + 18_000,
    },
    lastSwitch: null,
  }),
  down: (state) => ({
    ...state,
    endpoints: state.endpoints.map((endpoint) => ({
      ...endpoint,
      available: false,
      rank: null,
      unavailable: ['ejected'],
      removal: {
        status: 'ejected',
        failure: 'server_error',
        untilAtMs: state.atMs + 31_000,
        repeats: 2,
      },
    })),
  }),
  empty: (state) => ({
    ...state,
    selection: { status: 'none' },
    lastSwitch: null,
    endpoints: state.endpoints.map((endpoint) => ({
      ...endpoint,
      health: { status: 'unknown' },
      score: { status: 'unknown' },
      successRatio: null,
      activeRequests: 0,
      sessions: 0,
      probe: { ...endpoint.probe, last: null },
    })),
    sessions: { total: 0, items: [] },
    requests: { total: 0, items: [] },
  }),
};

const scene = process.env['ZEPHYR_MOCK_SCENE'] ?? 'steady';
let mode: ApiState['mode'] = { kind: 'auto' };
let automation: ApiState['automation'] = { status: 'running' };

function currentState(): ApiState {
  const state = { ...inventedState(Date.now()), mode, automation };
  return (SCENES[scene] ?? ((same) => same))(state);
}

function sendEvents(req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const send = (event: string, data: unknown) =>
    res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  send('state', currentState());
  send('history', scene === 'empty' ? { samples: [], log: [] } : inventedHistory(Date.now()));
  const timer = setInterval(() => {
    send('state', currentState());
    if (scene !== 'empty')
      send('sample', inventedSample(Math.floor(Math.random() * 4), Date.now()));
  }, 1_000);
  req.on('close', () => clearInterval(timer));
}

async function runCommand(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const body = JSON.parse((await req.toArray()).join('') || '{}') as Record<string, string>;
  const command = req.url?.split('/').at(-1) ?? '';
  const previousMode = mode;
  if (command === 'pause') automation = { status: 'paused', sinceAtMs: Date.now() };
  if (command === 'resume') automation = { status: 'running' };
  if (command === 'mode' && body['kind'] === 'auto') mode = { kind: 'auto' };
  if (command === 'mode' && body['kind'] === 'manual') {
    mode = { kind: 'manual', endpointId: 'instcopilot-hk' };
  }
  if (command === 'select') mode = { kind: 'manual', endpointId: body['endpointId'] ?? '' };
  res.setHeader('content-type', 'application/json');
  res.end(
    JSON.stringify({ command, outcome: 'applied', atMs: Date.now(), previousMode, affected: 4 }),
  );
}

function sendFile(path: string, res: ServerResponse): void {
  const file = join(DIST, normalize(path === '/' ? '/index.html' : path));
  if (!file.startsWith(DIST) || !existsSync(file)) {
    res.writeHead(404).end();
    return;
  }
  res.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
  res.setHeader('content-security-policy', POLICY);
  createReadStream(file).pipe(res);
}

createServer((req, res) => {
  const path = req.url ?? '/';
  if (path === '/events') sendEvents(req, res);
  else if (path.startsWith('/api/commands/')) void runCommand(req, res);
  else sendFile(path, res);
}).listen(Number(process.env['PORT'] ?? 8089), '127.0.0.1');
