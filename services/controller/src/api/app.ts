/** The admin API. The order of the middleware is the order in which a request is judged. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { formatRecording } from '@zephyr/core';
import type { Logger } from '@zephyr/runtime/logger';
import { PAGE_HEADERS, PAGES } from '@zephyr/runtime/pages';
import type { Secret } from '@zephyr/runtime/secret';
import express, { type Express, type RequestHandler } from 'express';
import type { Redis } from 'ioredis';
import type { Registry } from 'prom-client';

import type { Knowledge } from '../knowledge.ts';
import { readRecording } from '../recording.ts';
import { createAccess } from './access.ts';
import { handleCommand } from './commands.ts';
import { streamEvents } from './events.ts';
import { readDecisions, readHistory } from './history.ts';
import { openApiDocument } from './openapi.ts';
import { requireOrigin } from './origin.ts';
import { answerErrors, ProblemError } from './problem.ts';
import type { Tail } from './tail.ts';

export interface AppDeps {
  readonly redis: Redis;
  readonly knowledge: Knowledge;
  readonly tail: Tail;
  readonly log: Logger;
  readonly registry: Registry;
  /** Of the configuration in use: both may change while we run. */
  readonly allowedHosts: () => readonly string[];
  readonly adminToken: () => Secret | undefined;
}

/** Far more than any command needs. */
const MAX_BODY = '16kb';
const DASHBOARD = join(PAGES, 'index.html');

export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('etag', false);
  addWatchers(app, deps);

  app.use(requireOrigin(deps.allowedHosts));
  app.use(secureHeaders);
  app.use(requireJson);
  app.use(express.json({ limit: MAX_BODY, strict: true }));

  const document = openApiDocument();
  app.get('/openapi.json', (_req, res) => void res.json(document));
  const access = createAccess(deps.adminToken);
  app.post('/api/login', access.login);
  app.use(['/api', '/events'], access.require);
  addApi(app, deps);
  addDashboard(app);

  app.use((req) => {
    throw new ProblemError('not_found', `${req.method} ${req.path.slice(0, 100)}`);
  });
  app.use(answerErrors(deps.log));
  return app;
}

/** For orchestrators and Prometheus, which call us by whatever name: nothing secret, no change. */
function addWatchers(app: Express, { knowledge, registry }: AppDeps): void {
  app.get('/health', (_req, res) => {
    const store = knowledge.store().status;
    // A standby is as healthy as a leader; without Redis a restart would help nobody.
    res.json({ status: 'ok', leading: knowledge.isLeading(), store });
  });
  app.get('/livez', (_req, res) => {
    res.type('text').send('OK');
  });
  // Without Redis it can neither decide nor take a command. No reason to restart it.
  app.get('/readyz', (_req, res) => {
    const store = knowledge.store().status;
    res.status(store === 'away' ? 503 : 200).json({ status: store === 'away' ? store : 'ok' });
  });
  app.get('/metrics', async (_req, res) => {
    res.type(registry.contentType).send(await registry.metrics());
  });
}

function addApi(app: Express, deps: AppDeps): void {
  const { knowledge } = deps;
  app.get('/api/state', (_req, res) => {
    const state = knowledge.state();
    if (state === undefined) throw new ProblemError('not_leading', 'nothing has been decided yet');
    res.json(state);
  });
  app.get('/api/history', async (_req, res) => {
    res.json(await fromStore(() => readHistory(deps)));
  });
  app.get('/api/decisions', async (_req, res) => {
    res.json({ decisions: await fromStore(() => readDecisions(deps)) });
  });
  app.get('/api/recording', async (_req, res) => {
    const recording = await fromStore(() => readRecording(deps.redis, deps.log));
    res.type('application/jsonl').send(formatRecording(recording));
  });
  app.get('/events', streamEvents(deps));
  app.post('/api/commands/:name', handleCommand(deps));
}

function addDashboard(app: Express): void {
  if (!existsSync(DASHBOARD)) return;
  app.get(['/', '/index.html'], (_req, res) => void res.sendFile(DASHBOARD));
  // Their names hold a hash of what is in them.
  const forEver = { index: false, immutable: true, maxAge: '1y' } as const;
  app.use('/assets', express.static(join(PAGES, 'assets'), forEver));
}

async function fromStore<Value>(read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch {
    throw new ProblemError('store_away', 'what was asked for is in Redis');
  }
}

const secureHeaders: RequestHandler = (req, res, next) => {
  res.set(PAGE_HEADERS);
  if (req.path.startsWith('/api/')) res.set('cache-control', 'no-store');
  next();
};

/** A form of another page cannot send this type without asking first. */
const requireJson: RequestHandler = (req, _res, next) => {
  const isWriting = req.method !== 'GET' && req.method !== 'HEAD';
  if (isWriting && !req.is('application/json')) {
    throw new ProblemError('invalid_body', 'expected content-type: application/json');
  }
  next();
};
