/** What the prober tells over HTTP: whether it lives, and its metrics. */
import express, { type Express } from 'express';
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
  // Alive also while Redis is away: a restart would not bring it back.
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
