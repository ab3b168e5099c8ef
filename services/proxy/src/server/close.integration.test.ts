/** A closing server waits for answers, and for nothing else: a drain may take ten minutes. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '@zephyr/runtime/clock';
import { limits } from '@zephyr/runtime/config/keys/limits';
import { timeouts } from '@zephyr/runtime/config/keys/timeouts-and-drain';
import { internalForm } from '@zephyr/runtime/config/resolve/names-and-units';
import { eventually } from '@zephyr/testkit/eventually';
import { expect, it } from 'vitest';

import { Connections } from './connections.ts';
import { closeGently, listen } from './server.ts';

const never = { clock: systemClock, signal: new AbortController().signal };

async function startServer(answer = 'whole') {
  const settings = internalForm({ limits: limits.parse({}), timeouts: timeouts.parse({}) });
  const connections = new Connections(() => settings.limits);
  const answers: (() => void)[] = [];
  const { server, port } = await listen((_req, res) => void answers.push(() => res.end(answer)), {
    ...{ host: '127.0.0.1', port: 0, settings, connections, clock: systemClock },
  });
  const open = async (sent = '') => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    if (sent !== '') socket.write(sent);
    return socket;
  };
  const count = () =>
    new Promise<number>((resolve) => server.getConnections((_, number) => resolve(number)));
  const opened = (number: number) => eventually(async () => expect(await count()).toBe(number));
  return { answers, open, opened, close: () => closeGently(server, connections, never) };
}

it.each([
  ['without a request', ''],
  ['with half a request', 'GET / HTTP/1.1\r\nhost: x\r\n'],
])('ends a connection %s, while another person’s answer continues', async (_, sent) => {
  const { answers, open, opened, close } = await startServer();
  const busy = await open('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  await eventually(() => expect(answers).toHaveLength(1));
  const idle = [await open(sent), await open(sent)];
  await opened(3);
  const closing = close();
  await Promise.all(idle.map((socket) => once(socket.resume(), 'close')));
  answers[0]?.();
  expect(await text(busy)).toContain('whole');
  await closing;
});

it('does not end a connection whose client has yet to read the end of its answer', async () => {
  const answer = 'x'.repeat(20_000_000);
  const { answers, open, close } = await startServer(answer);
  const slow = await open('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await eventually(() => expect(answers).toHaveLength(1));
  answers[0]?.();
  const closing = close();
  expect((await text(slow)).length).toBeGreaterThan(answer.length);
  await closing;
});

it('answers a request that follows soon after an answer on the same connection', async () => {
  const { answers, open, opened, close } = await startServer();
  const client = await open('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const unused = await open();
  await opened(2);
  await eventually(() => expect(answers).toHaveLength(1));
  answers[0]?.();
  await once(client, 'data');
  const closing = close();
  // By then the server has looked several times for connections to end.
  await once(unused.resume(), 'close');
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await eventually(() => expect(answers).toHaveLength(2));
  answers[1]?.();
  expect(await text(client)).toContain('whole');
  await closing;
});
