/**
 * The endpoint of the bench: answers according to the query, as fast as Node can. `?bench=json` returns 2 KB,
 * `?bench=sse&events=n&gap=ms` streams; with `&timed=1` each event contains its send time.
 * `?bench=waiting&of=name` is a stream whose events are sent by `?bench=send&of=name&events=n&gap=ms`: n to
 * each stream of the name, spread over the gap; that request is answered once they are sent.
 *
 *     node upstream-main.ts [tls]
 */
import type { RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { serveUpstream } from './serve-upstream.ts';

const MESSAGE = JSON.stringify({
  id: 'msg_bench',
  type: 'message',
  role: 'assistant',
  // The API's name, whatever alias was requested; otherwise a proxy that prices requests would search their
  // bodies.
  model: 'claude-haiku-4-5-20251001',
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

/** Writes between two sleeps: a timer per stream would cost more than the contenders do. */
const WRITES_AT_ONCE = 50;
const waiting = new Map<string, ServerResponse[]>();

function wait(res: ServerResponse, of: string): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.write(DELTA);
  const streams = waiting.get(of);
  if (streams === undefined) waiting.set(of, [res]);
  else streams.push(res);
}

async function send(of: string, events: number, gapMs: number): Promise<void> {
  const streams = waiting.get(of) ?? [];
  const startedAtMs = performance.now();
  for (let sent = 0; sent < events * streams.length; sent += 1) {
    streams[sent % streams.length]?.write(DELTA);
    if (sent % WRITES_AT_ONCE !== 0) continue;
    const earlyMs = startedAtMs + (sent * gapMs) / streams.length - performance.now();
    if (earlyMs > 1) await sleep(earlyMs);
  }
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
    } else if (kind === 'waiting') {
      wait(res, query.get('of') ?? '');
    } else if (kind === 'send') {
      const sending = send(
        query.get('of') ?? '',
        Number(query.get('events')),
        Number(query.get('gap')),
      );
      void sending.then(() => res.end());
    } else {
      const headers = { 'content-type': 'application/json', 'content-length': MESSAGE.length };
      res.writeHead(200, headers).end(MESSAGE);
    }
  });
};

serveUpstream(answer);
