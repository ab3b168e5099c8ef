/**
 * `/status` for browsers: the dashboard's page of a single proxy, fed by this one. Read-only, because
 * everybody who may send requests can reach this port; commands are issued on the controller's dashboard,
 * which requires a token.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { PAGE_HEADERS, PAGES } from '@zephyr/runtime/http/pages';
import express, { type Express, type RequestHandler } from 'express';

import { STATUS_BUSY_RETRY_MS } from '../answer/retry-advice.ts';
import { sendError } from '../answer/zephyr-errors.ts';
import type { StatusDeps } from './proxy-state.ts';
import type { StatusFeed } from './status-feed.ts';
import { programStatusOf } from './status-json.ts';

const PAGE = join(PAGES, 'status.html');

/** JSON for programs; for browsers the page and its assets. */
export function addStatus(app: Express, status: StatusDeps, feed: StatusFeed): void {
  const hasPage = existsSync(PAGE);
  app.get('/status', (req, res, next) => {
    res.set('cache-control', 'no-store').vary('accept');
    // Programs first: a client that accepts anything gets JSON.
    if (hasPage && req.accepts(['json', 'html']) === 'html') res.set(PAGE_HEADERS).sendFile(PAGE);
    else {
      programStatusOf(status).then((answer) => res.json(answer), next);
    }
  });
  app.get('/status/events', watch(feed));
  // File names contain a hash of the content.
  const forEver = { index: false, immutable: true, maxAge: '1y' } as const;
  app.use('/assets', setHeaders, express.static(join(PAGES, 'assets'), forEver));
}

function watch(feed: StatusFeed): RequestHandler {
  return (req, res) => {
    if (feed.hasEnded) sendError(res, { name: 'busy', retryAfterMs: STATUS_BUSY_RETRY_MS });
    else if (req.method === 'HEAD') res.type('text/event-stream').end();
    else feed.add(res);
  };
}

const setHeaders: RequestHandler = (_req, res, next) => {
  res.set(PAGE_HEADERS);
  next();
};
