/** Where a request goes: upstream, by admission, or to the proxy's own pages, with express. */
import type { RequestListener, ServerResponse } from 'node:http';

import type { ProxyHome } from '@zephyr/contract/status/proxy-status';
import { isFromForeignPage, isWatchersHost } from '@zephyr/runtime/http/visitor';
import {
  type Readiness,
  sendMetrics,
  sendReadiness,
  watchPages,
} from '@zephyr/runtime/http/watch-pages';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { Registry } from 'prom-client';

import { sendError } from '../answer/zephyr-errors.ts';
import type { ProxyMetrics } from '../report/metrics.ts';
import type { StatusDeps } from '../report/proxy-state.ts';
import type { StatusFeed } from '../report/status-feed.ts';
import { addStatus } from '../report/status-page.ts';
import type { OwnUsageReader } from '../usage/own-usage.ts';
import { answerUsage } from '../usage/usage-page.ts';
import type { Admission } from './admission.ts';
import { diagnosticsOf } from './diagnostics.ts';

export interface ProxyAppDeps {
  readonly admission: Admission;
  /** Absent if metrics have their own port; excludes metrics with people's names. */
  readonly metrics: ProxyMetrics | undefined;
  readonly status: StatusDeps;
  readonly feed: StatusFeed;
  readonly ownUsage: OwnUsageReader;
  readonly onError: (error: unknown) => void;
}

/**
 * Admission comes first: it handles nearly every request, and judges the raw target, before anything parses it. A
 * router around it would cost a few per cent of a small request. The express application serves the pages.
 */
export function createApp(deps: ProxyAppDeps): RequestListener {
  const { admission, onError } = deps;
  const defect = (res: ServerResponse, error: unknown): void => {
    onError(error);
    sendError(res, { name: 'internal' });
  };
  const app = createPages(deps);
  const pages: RequestListener = (req, res) => {
    app(req as Request, res as Response, (error: unknown) => {
      if (error !== undefined) defect(res, error);
      // Express itself could not parse the target.
      else sendError(res, { name: 'bad_request' });
    });
  };
  return (req, res) => {
    try {
      admission.handle(req, res, pages);
    } catch (error) {
      defect(res, error);
    }
  };
}

function createPages({ metrics, status, feed, ownUsage, admission }: ProxyAppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.set('trust proxy', false);

  // Claude Code sends HEAD / without credentials, and would follow a redirect forever.
  app.get('/', (req, res) => {
    const links = { status: '/status', health: '/health' };
    const home: ProxyHome = { name: 'claude-zephyr', ...links, key: admission.keyVerdictOn(req) };
    res.set('cache-control', 'no-store').json(home);
  });
  addStatus(app, status, feed);
  app.get('/usage', (req, res, next) => {
    answerUsage({ req, res, visitor: admission.personOf(req) }, ownUsage).catch(next);
  });
  app.get('/diagnostics', (_req, res, next) => {
    res.set('cache-control', 'no-store');
    diagnosticsOf(status, admission).then((answer) => res.json(answer), next);
  });
  const readiness = (): Readiness => {
    if (status.isDraining()) return { isReady: false, status: 'draining' };
    return { isReady: true, status: status.isServing() ? 'ok' : 'not_serving' };
  };
  app.get('/health', (_req, res) => sendReadiness(res, readiness()));
  app.use(watchPages({ readiness, metrics: metrics?.registry }));

  app.use((_req, res) => sendError(res, { name: 'not_found' }));
  return app;
}

/** For a port that only Prometheus reaches, because labels contain people's names. */
export function createMetricsApp({ registry, people }: ProxyMetrics): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(refuseForeign);
  const all = Registry.merge([registry, people]);
  app.get('/metrics', (_req, res) => sendMetrics(res, all));
  return app;
}

const refuseForeign: RequestHandler = ({ headers }, res, next) => {
  if (isFromForeignPage(headers)) sendError(res, { name: 'foreign_page' });
  else if (!isWatchersHost(headers.host, [])) sendError(res, { name: 'unknown_host' });
  else next();
};
