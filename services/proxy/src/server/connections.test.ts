/** The states of a connection, without a network: see the charts in `connections.ts`. */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { describe, expect, it } from 'vitest';

import { type ConnectionLimits, Connections } from './connections.ts';

class FakeSocket extends EventEmitter {
  readonly remoteAddress = '192.0.2.1';
  bytesRead = 0;
  writableLength = 0;
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

interface Exchanged {
  readonly req: { readonly socket: FakeSocket; complete: boolean };
  readonly res: EventEmitter & { closed: boolean; headersSent: boolean };
}

function start(limits: ConnectionLimits = { connections: 9, connectionsPerAddress: 9 }) {
  const connections = new Connections(() => limits);
  const server = new EventEmitter();
  connections.attach(server as Server);
  const started: unknown[] = [];
  const listener = connections.inOrder((_, res) => void started.push(res));
  const open = () => {
    const socket = new FakeSocket();
    server.emit('connection', socket);
    return socket;
  };
  const ask = (socket: FakeSocket): Exchanged => {
    const req = { socket, complete: true };
    const res = Object.assign(new EventEmitter(), { req, closed: false, headersSent: false });
    socket.bytesRead += 100;
    listener(req as unknown as IncomingMessage, res as unknown as never);
    return { req, res };
  };
  return {
    ...{ connections, started, open, ask },
    endsWith: ({ res }: Exchanged) => connections.endsWith(res as unknown as ServerResponse),
    markKnown: (socket: FakeSocket) => connections.markKnown(socket as unknown as Socket),
  };
}

function close({ res }: Exchanged): void {
  res.closed = true;
  res.emit('close');
}

describe('the last answer of a connection', () => {
  it('cannot be one that a later request was read behind', () => {
    const { ask, open, endsWith, started } = start();
    const socket = open();
    const [first, second] = [ask(socket), ask(socket)];
    expect([endsWith(first), endsWith(second)]).toEqual([false, true]);
    ask(socket);
    expect(started).toEqual([first.res, second.res]);
  });

  it('is the last also while the server looks for connections to end', () => {
    const { connections, ask, open, endsWith, started } = start();
    const socket = open();
    const only = ask(socket);
    expect(endsWith(only)).toBe(true);
    close(only);
    connections.endIdle(0, 10);
    ask(socket);
    expect(started).toEqual([only.res]);
  });
});

describe('an idle connection', () => {
  it.each<{ name: string; change: (socket: FakeSocket) => unknown; restartsLinger: boolean }>([
    { name: 'nothing happens', change: () => undefined, restartsLinger: false },
    { name: 'bytes are read', change: (socket) => (socket.bytesRead += 1), restartsLinger: true },
    {
      name: 'bytes are due',
      change: (socket) => (socket.writableLength = 1),
      restartsLinger: true,
    },
  ])('is ended after the linger time if $name', ({ change, restartsLinger }) => {
    const { connections, ask, open } = start();
    const socket = open();
    close(ask(socket));
    connections.endIdle(0, 10);
    change(socket);
    connections.endIdle(9, 10);
    expect(socket.destroyed).toBe(false);
    socket.writableLength = 0;
    connections.endIdle(10, 10);
    expect(socket.destroyed).toBe(!restartsLinger);
    connections.endIdle(20, 10);
    expect(socket.destroyed).toBe(true);
  });

  it('is no longer idle once it has another request', () => {
    const { connections, ask, open } = start();
    const socket = open();
    close(ask(socket));
    connections.endIdle(0, 10);
    const second = ask(socket);
    connections.endIdle(10, 10);
    connections.endUnanswered();
    expect(socket.destroyed).toBe(false);
    close(second);
    connections.endUnanswered();
    expect(socket.destroyed).toBe(true);
  });

  it('is not one that has had no request: only if it sent nothing is it unused', () => {
    const { connections, open } = start();
    const [unused, half] = [open(), open()];
    half.bytesRead = 10;
    for (const nowMs of [0, 10, 20]) connections.endIdle(nowMs, 10);
    expect([unused.destroyed, half.destroyed]).toEqual([false, false]);
    connections.endUnused();
    expect([unused.destroyed, half.destroyed]).toEqual([true, false]);
  });
});

it('of a known client it stays when connections run out', () => {
  const { ask, open, markKnown } = start({ connections: 2, connectionsPerAddress: 9 });
  const [known, unknown] = [open(), open()];
  ask(known);
  markKnown(known);
  const third = open();
  expect([known, unknown, third].map(({ destroyed }) => destroyed)).toEqual([false, true, false]);
  markKnown(third);
  expect(open().destroyed).toBe(true);
});
