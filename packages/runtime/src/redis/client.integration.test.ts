import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { startTestRedis, type TestRedis } from '@zephyr/testkit/redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../logger.ts';
import { createRedis } from './client.ts';

let server: TestRedis;
const cleanUps: (() => void)[] = [];

beforeEach(async () => {
  server = await startTestRedis();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
  await server.stop();
});

/** Forwards to Redis until `goSilent`; later connections work. */
async function startLine() {
  const sockets = new Set<Socket>();
  const line = createServer((client) => {
    const upstream = connect(server.address);
    sockets.add(client).add(upstream);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(line, 'listening');
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    line.close();
  });
  return {
    url: `redis://127.0.0.1:${(line.address() as AddressInfo).port}`,
    goSilent: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
  };
}

describe('a client for commands', () => {
  it('gives up a command on a dead connection and reconnects by itself', async () => {
    const line = await startLine();
    const redis = createRedis({ url: line.url }, createLogger('test', 'silent'), 'command');
    cleanUps.push(() => redis.disconnect());
    await once(redis, 'ready');
    line.goSilent();
    const again = new Promise((resolve) => redis.once('ready', resolve));
    await expect(redis.ping()).rejects.toThrow('timed out');
    await again;
    expect(await redis.ping()).toBe('PONG');
  });

  it('fails immediately while Redis is away, and never sends a command twice', async () => {
    const line = await startLine();
    const redis = createRedis({ url: line.url }, createLogger('test', 'silent'), 'command');
    cleanUps.push(() => redis.disconnect());
    await once(redis, 'ready');
    const away = once(redis, 'close');
    redis.stream.destroy();
    await away;
    await expect(redis.incr('counter')).rejects.toThrow();
    await new Promise((resolve) => redis.once('ready', resolve));
    expect(await redis.get('counter')).toBeNull();
  });
});
