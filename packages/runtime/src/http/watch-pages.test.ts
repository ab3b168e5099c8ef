import type { IncomingMessage, ServerResponse } from 'node:http';

import { expect, it } from 'vitest';

import { type WatchPages, watchPages } from './watch-pages.ts';

const READY: WatchPages = { readiness: () => ({ isReady: true, status: 'ok' }) };
const metrics = { contentType: 'text/x', metrics: async () => 'zephyr_up 1\n' };

/** The answer as `status body`; `next` if it is left to others. */
async function answer(method: string, url: string, pages: WatchPages = READY): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let status = 0;
  const res = {
    writeHead: (code: number) => {
      status = code;
    },
    end: (body: string) => resolve(`${status} ${body}`),
  };
  watchPages(pages)({ method, url } as IncomingMessage, res as unknown as ServerResponse, (error) =>
    resolve(error === undefined ? 'next' : `next ${error}`),
  );
  return await promise;
}

it.each([
  ['GET', '/livez', '200 OK'],
  ['HEAD', '/livez?verbose', '200 OK'],
  ['GET', '/readyz', '200 {"status":"ok"}'],
  ['GET', '/metrics', '200 zephyr_up 1\n'],
  ['POST', '/livez', 'next'],
  ['DELETE', '/metrics', 'next'],
  ['GET', '/livez/x', 'next'],
  ['GET', '/', 'next'],
])('%s %s: %s', async (method, url, expected) => {
  expect(await answer(method, url, { ...READY, metrics })).toBe(expected);
});

it('says why the service is not ready', async () => {
  const pages = { readiness: async () => ({ isReady: false, status: 'redis_away' }) };
  expect(await answer('GET', '/readyz', pages)).toBe('503 {"status":"redis_away"}');
});

it('leaves metrics with a port of their own, and failures, to others', async () => {
  expect(await answer('GET', '/metrics')).toBe('next');
  const failing = { readiness: () => Promise.reject(new Error('no')) };
  expect(await answer('GET', '/readyz', failing)).toBe('next Error: no');
});
