/** The admin API. Middleware order is the order in which a request is checked. */
import { existsSync } from 'node:fs';
import type { BlockList } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { commandPath, editPath, ROUTES } from '@zephyr/contract/api/api-routes';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { EDIT_NAMES } from '@zephyr/contract/operate/config-edit';
import { COMMAND_NAMES } from '@zephyr/contract/operate/operator-command';
import { REMOVED_BEFORE_HEADER } from '@zephyr/contract/usage/usage';
import { formatRecording } from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import type { Config } from '@zephyr/runtime/config/config';
import type { ConfigFiles } from '@zephyr/runtime/config/files/config-files';
import type { Environment } from '@zephyr/runtime/environment';
import { PAGE_HEADERS, PAGES } from '@zephyr/runtime/http/pages';
import { type Readiness, watchPages } from '@zephyr/runtime/http/watch-pages';
import type { Logger } from '@zephyr/runtime/logger';
import type { Secret } from '@zephyr/runtime/secret';
import express, { type Express, type RequestHandler, type Response } from 'express';
import type { Redis } from 'ioredis';
import type { Registry } from 'prom-client';

import { readBudgets } from '../view/budgets.ts';
import type { CurrentState } from '../view/current-state.ts';
import { readRecording } from '../view/stored-recording.ts';
import { createAccess } from './authentication.ts';
import { handleCommand } from './commands.ts';
import { type EditDeps, handleEdit, readSettings } from './edits.ts';
import type { EndpointTests } from './endpoint-tests.ts';
import { streamEvents } from './events.ts';
import { readDecisions, readHistory } from './history.ts';
import { requireOrigin } from './origin.ts';
import { answerErrors, ProblemError } from './problem-error.ts';
import { findRequests, requestQueryOf } from './requests.ts';
import { answer, answerGet, answerPost } from './routes.ts';
import type { Tail } from './stream-follower.ts';
import { readTrends, trendRangeOf } from './trends.ts';
import { csvParts, reportParts, usageQueryOf, withoutRemoved } from './usage.ts';

export interface ApiAppDeps {
  readonly redis: Redis;
  readonly current: CurrentState;
  readonly tail: Tail;
  readonly log: Logger;
  readonly clock: Clock;
  readonly registry: Registry;
  /** Health of the batches that this controller decides while it leads. */
  readonly health: { readonly isFailing: boolean; readonly recordsSetAside: number };
  readonly readiness: () => Promise<Readiness>;
  /** Read from the current configuration; both may change at run time. */
  readonly allowedHosts: () => readonly string[];
  readonly config: () => Config;
  readonly adminToken: () => Secret | undefined;
  readonly trustedProxies: () => BlockList | undefined;
  /** The configuration files, which operators may edit. */
  readonly files: ConfigFiles;
  readonly environment: Environment;
  readonly tests: EndpointTests;
}

const DASHBOARD = join(PAGES, 'index.html');

export function createApp(deps: ApiAppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.use(requireOrigin(deps.allowedHosts));
  app.use(secureHeaders);
  addWatchers(app, deps);

  answerGet(app, '/openapi.json', answerOpenApi());
  const access = createAccess({
    ...{ token: deps.adminToken, trustedProxies: deps.trustedProxies, clock: deps.clock },
  });
  answer(app, 'login', access.login);
  app.use(['/api', ROUTES.events.path], access.require);
  addApi(app, deps);
  addDashboard(app);

  app.use((req) => {
    throw new ProblemError('not_found', `${req.method} ${req.path.slice(0, 100)}`);
  });
  app.use(answerErrors(deps.log));
  return app;
}

/** Built on first request, so that start-up does not wait for it. */
function answerOpenApi(): RequestHandler {
  let document: Promise<object> | undefined;
  return async (_req, res) => {
    document ??= import('./openapi.ts').then(({ openApiDocument }) => openApiDocument());
    res.json(await document);
  };
}

/** For orchestrators and Prometheus, which may use any host name: exposes no secret and changes nothing. */
function addWatchers(app: Express, { current, registry, health, readiness }: ApiAppDeps): void {
  app.get('/health', (_req, res) => {
    const store = current.store().status;
    // A standby is as healthy as a leader, and without Redis a restart would not help.
    res.json({
      ...{ status: 'ok', service: 'controller', config_hash: current.config().hash },
      ...{ leading: current.isLeading(), store },
      batches: health.isFailing ? 'failing' : 'ok',
      records_set_aside: health.recordsSetAside,
    });
  });
  app.use(watchPages({ readiness, metrics: registry }));
}

function addApi(app: Express, deps: ApiAppDeps): void {
  const { current } = deps;
  answer(app, 'state', (_req, res) => {
    res.json(knownState(current));
  });
  answer(app, 'history', async (_req, res) => {
    res.json(await fromStore(deps.log, () => readHistory(deps)));
  });
  answer(app, 'decisions', async (_req, res) => {
    res.json({ decisions: await fromStore(deps.log, () => readDecisions(deps)) });
  });
  answer(app, 'recording', async (_req, res) => {
    const recording = await fromStore(deps.log, () => readRecording(deps.redis, deps.log));
    res.type('application/jsonl').send(formatRecording(recording));
  });
  const queryOf = (asked: unknown) => {
    const query = usageQueryOf(asked, deps.clock.epochMs());
    return fromStore(deps.log, () => withoutRemoved(deps.redis, query));
  };
  answer(app, 'usage', async (req, res) => {
    const query = await queryOf(req.query);
    await sendParts(deps.log, reportParts(deps, query), () => res.type('application/json'));
  });
  answer(app, 'budgets', async (_req, res) => {
    const epochMs = deps.clock.epochMs();
    const read = () => readBudgets(deps.redis, deps.config(), epochMs);
    res.json({ budgets: await fromStore(deps.log, read) });
  });
  answer(app, 'usage-csv', async (req, res) => {
    const query = await queryOf(req.query);
    const begin = () => {
      if (query.removedBeforeMs !== undefined) {
        res.set(REMOVED_BEFORE_HEADER, new Date(query.removedBeforeMs).toISOString());
      }
      return res.attachment('usage.csv').type('text/csv');
    };
    await sendParts(deps.log, csvParts(deps, query), begin);
  });
  answer(app, 'trends', async (req, res) => {
    const range = trendRangeOf(req.query);
    res.json(await fromStore(deps.log, () => readTrends(deps, range, deps.clock.epochMs())));
  });
  answer(app, 'requests', async (req, res) => {
    const query = requestQueryOf(req.query);
    const requests = await fromStore(deps.log, () => findRequests(deps, query));
    res.json({ requests });
  });
  answer(app, 'events', streamEvents(deps));
  for (const name of COMMAND_NAMES) {
    answerPost(app, commandPath(name), handleCommand(deps, name));
  }
  const editing: EditDeps = { ...deps, hasAdminToken: () => deps.adminToken() !== undefined };
  answer(app, 'settings', (_req, res) => {
    res.json(readSettings(editing));
  });
  for (const name of EDIT_NAMES) answerPost(app, editPath(name), handleEdit(editing, name));
}

/** @throws ProblemError `not_leading` */
function knownState(current: CurrentState): ApiState {
  const state = current.state();
  if (state !== undefined) return state;
  throw new ProblemError(
    'not_leading',
    current.isUnreadable()
      ? 'the leader wrote a state that this version cannot read'
      : 'nothing has been decided yet',
  );
}

function addDashboard(app: Express): void {
  if (!existsSync(DASHBOARD)) return;
  app.get(['/', '/index.html'], (_req, res) => void res.sendFile(DASHBOARD));
  // File names contain a hash of the content.
  const forEver = { index: false, immutable: true, maxAge: '1y' } as const;
  app.use('/assets', express.static(join(PAGES, 'assets'), forEver));
}

/** Starts the answer only with the first part: until then an outage of Redis can still be reported. */
async function sendParts(
  log: Logger,
  parts: AsyncGenerator<string>,
  begin: () => Response,
): Promise<void> {
  const first = await fromStore(log, () => parts.next());
  const res = begin();
  res.write(first.value ?? '');
  await pipeline(parts, res).catch((error: unknown) => {
    log.warn({ err: error }, 'a usage report was cut off');
  });
}

async function fromStore<Value>(log: Logger, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    log.warn({ err: error }, 'reading from Redis failed');
    throw new ProblemError('store_away', 'the requested data is in Redis');
  }
}

const secureHeaders: RequestHandler = (req, res, next) => {
  res.set(PAGE_HEADERS);
  // Only files named after their content may be cached; express serves /API/ as /api/, too.
  if (!req.path.startsWith('/assets/')) res.set('cache-control', 'no-store');
  next();
};
