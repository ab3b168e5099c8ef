/**
 * A server that answers each request with bytes as they are given, or with none: for answers that
 * no HTTP library sends.
 */
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';

export interface RawUpstream {
  readonly port: number;
  /** The requests that arrived, as sent, body included. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

/** @param answer called with the connection when a whole request has arrived */
export async function startRawUpstream(answer: (socket: Socket) => void): Promise<RawUpstream> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!isWhole(text)) return;
      requests.push(text);
      text = '';
      answer(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function isWhole(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1] ?? 0);
  return text.length >= headEnd + 4 + length;
}

/** A whole answer with a length. */
export function plainAnswer(status: number, body: string, type = 'application/json'): string {
  return [
    `HTTP/1.1 ${status} Status`,
    `content-type: ${type}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

/** The head of an answer that streams, without its end: the connection's end is the end. */
export function streamHead(type = 'text/event-stream'): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\nconnection: close\r\n\r\n`;
}
