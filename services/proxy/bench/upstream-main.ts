/**
 * The endpoint of the bench: answers by the query, as fast as Node can. `?bench=json` gives 2 KB,
 * `?bench=sse&events=n&gap=ms` streams; with `&timed=1` each event contains the time at which it was sent.
 *
 *     node upstream-main.ts [tls]
 */
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { VALID } from '@zephyr/testkit/tls-fixture';

const MESSAGE = JSON.stringify({
  id: 'msg_bench',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'x'.repeat(1_780) }],
  usage: {
    input_tokens: 1,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: 1,
  },
});
const DELTA =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" word"}}\n\n';
/** By the machine's monotonic clock, which all its processes share. */
const timedDelta = (): string =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","at":"${process.hrtime.bigint()}"}\n\n`;
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

interface BenchAnswer {
  readonly events: number;
  readonly gapMs: number;
  readonly event: () => string;
}

function stream(res: ServerResponse, { events, gapMs, event }: BenchAnswer): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.write(event());
  let sent = 1;
  const timer = setInterval(() => {
    sent += 1;
    res.write(event());
    if (sent < events) return;
    clearInterval(timer);
    res.end(STOP);
  }, gapMs);
  res.on('close', () => clearInterval(timer));
}

const answer: RequestListener = (req, res) => {
  req.resume();
  req.on('end', () => {
    const query = new URLSearchParams(req.url?.split('?')[1]);
    const kind = query.get('bench');
    if (kind === 'sse') {
      stream(res, {
        events: Number(query.get('events')),
        gapMs: Number(query.get('gap')),
        event: query.has('timed') ? timedDelta : () => DELTA,
      });
    } else {
      const headers = { 'content-type': 'application/json', 'content-length': MESSAGE.length };
      res.writeHead(200, headers).end(MESSAGE);
    }
  });
};

const options = { keepAliveTimeout: 60_000 };
const server =
  process.argv[2] === 'tls'
    ? createTlsServer({ ...options, key: VALID.key, cert: VALID.cert }, answer)
    : createServer(options, answer);
server.listen(0, '127.0.0.1', 65_535, () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit());
