/**
 * The endpoint of the cost rows: a message or, if the body asks for it, a Messages API stream with the length
 * and pace last set by the bench. Decided by the body alone, because some peers drop the query string. Each
 * delta contains its send time in the text, which all peers pass on.
 *
 *     node upstream-main.ts [tls]
 */
import type { RequestListener, ServerResponse } from 'node:http';

import { serveUpstream } from '../../services/proxy/bench/serve-upstream.ts';

import type { StreamPace } from './upstream.ts';

const MESSAGE = JSON.stringify({
  ...{ id: 'msg_bench', type: 'message', role: 'assistant', model: 'claude-haiku-4-5' },
  content: [{ type: 'text', text: 'word '.repeat(350) }],
  ...{ stop_reason: 'end_turn', stop_sequence: null },
  usage: {
    ...{ input_tokens: 1, output_tokens: 1 },
    ...{ cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  },
});
const event = (type: string, rest: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const USAGE = { input_tokens: 11, output_tokens: 1 };
const BEGIN =
  event('message_start', {
    message: {
      ...{ id: 'msg_bench', type: 'message', role: 'assistant', model: 'claude-haiku-4-5' },
      ...{ content: [], stop_reason: null, stop_sequence: null, usage: USAGE },
    },
  }) + event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
/** By the machine's monotonic clock, which all its processes share. */
const delta = (): string =>
  event('content_block_delta', {
    index: 0,
    delta: { type: 'text_delta', text: `@${process.hrtime.bigint()}@ ` },
  });
const END =
  event('content_block_stop', { index: 0 }) +
  event('message_delta', {
    ...{ delta: { stop_reason: 'end_turn', stop_sequence: null } },
    usage: { output_tokens: 7 },
  }) +
  event('message_stop', {});

/** Peers re-serialise bodies, with keys in any order. */
const ASKS_FOR_STREAM = ['"stream":true', '"stream": true'] as const;

let pace: StreamPace = { deltas: 3, gapMs: 0 };
process.on('message', (message: StreamPace) => {
  pace = message;
});

function stream(res: ServerResponse, { deltas, gapMs }: StreamPace): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.write(BEGIN + delta());
  if (gapMs === 0) {
    for (let sent = 1; sent < deltas; sent += 1) res.write(delta());
    res.end(END);
    return;
  }
  let sent = 1;
  const timer = setInterval(() => {
    sent += 1;
    res.write(delta());
    if (sent < deltas) return;
    clearInterval(timer);
    res.end(END);
  }, gapMs);
  res.on('close', () => clearInterval(timer));
}

const answer: RequestListener = (req, res) => {
  let isStream = false;
  let before = Buffer.alloc(0);
  req.on('data', (chunk: Buffer) => {
    if (isStream) return;
    const bytes = Buffer.concat([before, chunk]);
    isStream = ASKS_FOR_STREAM.some((text) => bytes.includes(text));
    before = bytes.subarray(-ASKS_FOR_STREAM[1].length);
  });
  req.on('end', () => {
    if (isStream) stream(res, pace);
    else {
      const headers = { 'content-type': 'application/json', 'content-length': MESSAGE.length };
      res.writeHead(200, headers).end(MESSAGE);
    }
  });
};

serveUpstream(answer);
