import type { Logger } from '@zephyr/runtime/logger';
import express, { type Express } from 'express';
import type { Redis } from 'ioredis';

import type { Knowledge } from '../knowledge.ts';
import type { Leadership } from '../leadership.ts';
import type { RedisClock } from '../redis-clock.ts';

export interface AppDeps {
  readonly redis: Redis;
  readonly clock: RedisClock;
  readonly knowledge: Knowledge;
  readonly leadership: Leadership;
  readonly log: Logger;
}

export function createApp({ knowledge }: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get(['/livez', '/readyz', '/health'], (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.get('/api/state', (_req, res) => {
    res.json(knowledge.state() ?? {});
  });
  return app;
}
