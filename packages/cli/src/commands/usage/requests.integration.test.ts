/**
 * `zephyr requests --follow` against a controller that goes away: each request exactly once, whenever it
 * ended.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { eventually } from '@zephyr/testkit/eventually';
import { expect, it, onTestFinished } from 'vitest';

import { requests } from './requests.ts';

const recordOf = (id: string) => ({
  ...{ id, endpointRequestId: null, atMs: 1_795_848_000_000, person: 'ann', group: 'main' },
  ...{ endpoint: 'one', model: 'claude-haiku-4-5', operation: 'messages', session: null },
  ...{ outcome: 'ok', attempts: [], ttftMs: 1, durationMs: 2, tokensKnown: 'reported', costUsd: 0 },
  usage: {
    ...{ inputTokens: 1, outputTokens: 1, cacheReadTokens: 0 },
    ...{ cacheWriteTokens: 0, cacheWrite1hTokens: 0 },
  },
});

/** Each event stream sends its requests and ends immediately. */
async function controllerOf(streams: readonly (readonly string[])[]) {
  const ended: string[] = [];
  let opened = 0;
  const server = createServer((req, res) => {
    if (req.url?.startsWith('/events') === true) {
      const live = streams[opened] ?? [];
      opened += 1;
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      // A client that resumes after an event gets no history.
      if (req.headers['last-event-id'] === undefined)
        res.write('id: 1-0\nevent: history\ndata: {}\n\n');
      for (const id of live) res.write(`event: request\ndata: ${JSON.stringify(recordOf(id))}\n\n`);
      if (opened < streams.length) res.end();
      return;
    }
    const limit = Number(new URL(req.url ?? '', 'http://x').searchParams.get('limit'));
    const newest = ended.slice(-limit).toReversed().map(recordOf);
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ requests: newest }));
    // A request ends between list and stream, and between two streams.
    ended.push(`r${ended.length + 1}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ended };
}

it.each([20, 0])('follows without a gap, after %i past ones', async (limit) => {
  const { url, ended } = await controllerOf([[], ['r4', 'r5'], []]);
  ended.push('r1', 'r2');
  const printed: string[] = [];
  const stopped = new AbortController();
  const following = requests({
    options: { config: 'none.toml', envFile: 'none.env', url, json: true, follow: true, limit },
    environment: {},
    print: (line) => printed.push((JSON.parse(line) as { id: string }).id),
    signal: stopped.signal,
  });
  const wanted = ['r1', 'r2', 'r3', 'r4', 'r5'].slice(limit === 0 ? 2 : 0);
  await eventually(() => expect(printed).toEqual(wanted));
  stopped.abort();
  await following;
});
