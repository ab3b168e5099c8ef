/**
 * An address where connecting never completes: a listener that accepts nothing and whose queue is full. The
 * kernel then drops each SYN, like a dead host or a firewall. The listener lives in a stopped child process,
 * because Node itself accepts connections on its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface FullBacklog {
  readonly url: string;
  stop(): void;
}

const LISTENER = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    process.stdout.write(String(server.address().port) + '\\n');
  });
`;
/** More than the queue holds; the kernel rounds its length up. */
const FILLING_CONNECTIONS = 8;

export async function startFullBacklog(): Promise<FullBacklog> {
  const child = spawn(process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  child.kill('SIGSTOP');
  const sockets: Socket[] = [];
  for (let count = 0; count < FILLING_CONNECTIONS; count += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
  }
  // All have been sent before anything is received.
  await once(sockets[0] as Socket, 'connect');
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}
