/** The prober's HTTP endpoints: whether it can work, and its metrics. */
import type { StoreConnectionStatus } from '@zephyr/contract/store';
import { isFromForeignPage, isWatchersHost } from '@zephyr/runtime/http/visitor';
import { type Readiness, watchPages } from '@zephyr/runtime/http/watch-pages';
import express, { type Express, type RequestHandler } from 'express';
import type { Registry } from 'prom-client';

export interface ProberAppDeps {
  readonly registry: Registry;
  readonly running: () => number;
  readonly configHash: () => string;
  readonly isRedisConnected: () => boolean;
  readonly readiness: () => Promise<Readiness>;
}

export function createApp(deps: ProberAppDeps): Express {
  const { registry, running, isRedisConnected, readiness, configHash } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', false);
  app.use(refuseForeign);
  app.use(watchPages({ readiness, metrics: registry }));
  app.get('/health', (_request, response) => {
    const redis: StoreConnectionStatus = isRedisConnected() ? 'connected' : 'away';
    response.json({
      status: redis === 'connected' ? 'ok' : 'degraded',
      service: 'prober',
      config_hash: configHash(),
      redis,
      running: running(),
    });
  });
  return app;
}

/** Pages of other sites must not read this, whatever name they reach it by. */
const refuseForeign: RequestHandler = ({ headers }, response, next) => {
  if (!isFromForeignPage(headers) && isWatchersHost(headers.host, [])) next();
  else response.status(403).json({ status: 'forbidden_origin' });
};
