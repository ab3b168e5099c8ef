/** What the prober tells over HTTP: whether it lives, and its metrics. */
import { isFromForeignPage, isWatchersHost } from '@zephyr/runtime/http/visitor';
import express, { type Express, type RequestHandler } from 'express';
import type { Registry } from 'prom-client';

export interface AppDeps {
  readonly registry: Registry;
  readonly running: () => number;
  readonly redisUp: () => boolean;
}

export function createApp({ registry, running, redisUp }: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', false);
  app.use(refuseForeign);
  app.get('/livez', (_request, response) => {
    response.type('text').send('OK');
  });
  // Without Redis there are no jobs to work off. No reason to restart: that would not bring it back.
  app.get('/readyz', (_request, response) => {
    const up = redisUp();
    response.status(up ? 200 : 503).json({ status: up ? 'ok' : 'redis_away' });
  });
  app.get('/health', (_request, response) => {
    response.json({
      status: redisUp() ? 'ok' : 'degraded',
      service: 'prober',
      redis: redisUp() ? 'up' : 'away',
      running: running(),
    });
  });
  app.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  return app;
}

/** No page of another site reads what the prober exposes, by no name that leads here. */
const refuseForeign: RequestHandler = ({ headers }, response, next) => {
  if (!isFromForeignPage(headers) && isWatchersHost(headers.host, [])) next();
  else response.status(403).json({ status: 'forbidden_origin' });
};
