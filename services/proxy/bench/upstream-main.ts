/**
 * The endpoint of the bench: answers by the query, as fast as Node can. `?bench=json` gives 2 KB,
 * `?bench=sse&events=n&gap=ms` streams.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const MESSAGE = JSON.stringify({
  id: 'msg_bench',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'x'.repeat(1_850) }],
  usage: { input_tokens: 1, output_tokens: 1 },
});
const DELTA =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" word"}}\n\n';
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

function stream(res: ServerResponse, events: number, gapMs: number): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.write(DELTA);
  let sent = 1;
  const timer = setInterval(() => {
    sent += 1;
    res.write(DELTA);
    if (sent < events) return;
    clearInterval(timer);
    res.end(STOP);
  }, gapMs);
  res.on('close', () => clearInterval(timer));
}

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  req.resume();
  req.on('end', () => {
    const query = new URLSearchParams(req.url?.split('?')[1]);
    const kind = query.get('bench');
    if (kind === 'sse') stream(res, Number(query.get('events')), Number(query.get('gap')));
    else {
      const headers = { 'content-type': 'application/json', 'content-length': MESSAGE.length };
      res.writeHead(200, headers).end(MESSAGE);
    }
  });
});
server.listen(0, '127.0.0.1', 65_535, () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit());
