/** Serves the built pages with mock data, for visual tests and development. */
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

import type { ApiLogEntry } from '@zephyr/contract/api/api-history';
import { commandPath, editPath, ROUTES } from '@zephyr/contract/api/api-routes';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { EDIT_NAMES, type EditName } from '@zephyr/contract/operate/config-edit';
import { COMMAND_NAMES, type CommandName } from '@zephyr/contract/operate/operator-command';
import type { UsageReport } from '@zephyr/contract/usage/usage';
import { PAGE_HEADERS, PAGES } from '@zephyr/runtime/http/pages';
import { inventedSample } from '@zephyr/testkit/invented-world';

import {
  inventedBudgets,
  inventedEdit,
  inventedRequests,
  inventedRows,
  inventedSettings,
} from './records.ts';
import { historyOf, proxyStateOf, type SceneName, stateOf } from './scenes.ts';
import { inventedTrends, inventedUsage } from './trends.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** `silent`: connects and sends nothing. `refused`: refuses the stream. `login`: asks for a token. */
export type Manner = 'talking' | 'silent' | 'refused' | 'login';

export interface MockServer {
  readonly url: string;
  /** For new connections. */
  show(scene: SceneName, manner?: Manner): void;
  /** Sent to all connections. */
  log(entry: ApiLogEntry): void;
  /** Closes the open streams, like a server that goes away. */
  cut(): void;
  stop(): void;
}

export async function startMockServer(port: number): Promise<MockServer> {
  const world = new World();
  const server = createServer((req, res) => world.answer(req, res));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    show: (scene, manner = 'talking') => world.show(scene, manner),
    log: (entry) => world.log(entry),
    cut: () => world.cut(),
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

class World {
  #scene: SceneName = 'steady';
  #manner: Manner = 'talking';
  #mode: ApiState['mode'] = { kind: 'auto' };
  #automation: ApiState['automation'] = { status: 'running' };
  readonly #streams = new Set<ServerResponse>();

  show(scene: SceneName, manner: Manner): void {
    this.#scene = scene;
    this.#manner = manner;
  }

  log(entry: ApiLogEntry): void {
    for (const stream of this.#streams) {
      stream.write(`event: log\ndata: ${JSON.stringify(entry)}\n\n`);
    }
  }

  cut(): void {
    this.#manner = 'refused';
    for (const stream of this.#streams) stream.destroy();
  }

  answer(req: IncomingMessage, res: ServerResponse): void {
    const path = req.url ?? '/';
    const { pathname } = new URL(path, 'http://mock');
    const edit = EDIT_NAMES.find((name) => editPath(name) === pathname);
    const command = COMMAND_NAMES.find((name) => commandPath(name) === pathname);
    if (pathname === ROUTES.events.path) this.#stream(res, (send) => this.#tellController(send));
    else if (path === '/status/events') this.#stream(res, (send) => this.#tellProxy(send));
    else if (path === ROUTES.state.path) res.writeHead(this.#manner === 'login' ? 401 : 200).end();
    else if (edit !== undefined) void this.#edit(edit, req, res);
    else if (command !== undefined) void this.#command(command, req, res);
    else if (!this.#answerQuery(path, res)) sendFile(path, res);
  }

  /** Whether there is such a route. */
  #answerQuery(path: string, res: ServerResponse): boolean {
    const { pathname, searchParams } = new URL(path, 'http://mock');
    const epochMs = Date.now();
    const state = stateOf(this.#scene, epochMs);
    const ids = state.endpoints.map(({ id }) => id);
    const isEmpty = this.#scene === 'empty';
    const answers: Readonly<Record<string, () => unknown>> = {
      [ROUTES.trends.path]: () => inventedTrends(searchParams.get('range') ?? '', ids, epochMs),
      [ROUTES.usage.path]: () => usageOf(searchParams, isEmpty ? [] : ids, epochMs),
      [ROUTES.budgets.path]: () => ({ budgets: isEmpty ? [] : inventedBudgets(epochMs) }),
      [ROUTES.requests.path]: () => ({ requests: isEmpty ? [] : inventedRequests(ids, epochMs) }),
      [ROUTES.settings.path]: () => inventedSettings(state, isEmpty),
    };
    const answer = answers[pathname];
    if (answer === undefined) return false;
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(answer()));
    return true;
  }

  #stream(res: ServerResponse, begin: (send: Send) => () => void): void {
    if (this.#manner === 'refused' || this.#manner === 'login') {
      res.writeHead(this.#manner === 'login' ? 401 : 503).end();
      return;
    }
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    res.flushHeaders();
    if (this.#manner === 'silent') return;
    this.#streams.add(res);
    const end = begin((event, data) => {
      res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    });
    res.on('close', () => {
      this.#streams.delete(res);
      end();
    });
  }

  #tellController(send: Send): () => void {
    const scene = this.#scene;
    const sendState = () => {
      const state = stateOf(scene, Date.now());
      send('state', { ...state, mode: this.#mode, automation: this.#automation });
    };
    sendState();
    send('history', historyOf(scene, Date.now()));
    const timer = setInterval(() => {
      sendState();
      if (scene === 'steady') {
        send('sample', inventedSample(Math.floor(Math.random() * 4), Date.now()));
      }
    }, 1_000);
    return () => clearInterval(timer);
  }

  #tellProxy(send: Send): () => void {
    const scene = this.#scene;
    send('state', proxyStateOf(scene, Date.now()));
    const timer = setInterval(() => send('state', proxyStateOf(scene, Date.now())), 1_000);
    return () => clearInterval(timer);
  }

  async #edit(edit: EditName, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { name = '' } = JSON.parse((await req.toArray()).join('') || '{}') as { name?: string };
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(inventedEdit(edit, name)));
  }

  async #command(command: CommandName, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = JSON.parse((await req.toArray()).join('') || '{}') as Record<string, string>;
    const previousMode = this.#mode;
    if (command === 'pause') this.#automation = { status: 'paused', sinceAtMs: Date.now() };
    if (command === 'resume') this.#automation = { status: 'running' };
    if (command === 'unpin') this.#mode = { kind: 'auto' };
    if (command === 'pin') {
      this.#mode = { kind: 'manual', endpointId: body['endpointId'] ?? 'instcopilot-hk' };
    }
    const answer = { command, outcome: 'applied', atMs: Date.now(), previousMode, affected: 4 };
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(answer));
  }
}

/** Without endpoints there is no usage. */
function usageOf(params: URLSearchParams, ids: readonly string[], epochMs: number): UsageReport {
  const by = params.get('by') ?? '';
  const report = inventedUsage(params.get('since') ?? '', by === 'hour' ? by : 'day', epochMs);
  if (ids.length === 0) return { ...report, rows: [], total: { ...report.total, requests: 0 } };
  if (!by.includes('person')) return report;
  const rows = inventedRows(by, ids);
  return { ...report, rows, total: rows[0] ?? report.total };
}

type Send = (event: string, data: unknown) => void;

function sendFile(path: string, res: ServerResponse): void {
  const name = { '/': '/index.html', '/status': '/status.html' }[path] ?? path;
  const file = join(PAGES, normalize(name));
  if (!file.startsWith(PAGES) || !existsSync(file)) {
    res.writeHead(404).end();
    return;
  }
  for (const [header, value] of Object.entries(PAGE_HEADERS)) res.setHeader(header, value);
  res.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
  createReadStream(file).pipe(res);
}
