import { EventEmitter } from 'node:events';

import type { ApiLogEntry } from '@zephyr/contract/api/api-history';
import { SIGN_OF_LIFE_MS } from '@zephyr/contract/api/stream-timing';
import { createLogger } from '@zephyr/runtime/logger';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import type { Request, Response } from 'express';
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';

import type { CurrentState } from '../view/current-state.ts';
import { streamEvents } from './events.ts';
import type { Tail } from './stream-follower.ts';

/** A client, as far as an event stream uses its answer. */
class Client extends EventEmitter {
  readonly writableLength = 0;
  readonly events: { readonly event: string; readonly data: unknown }[] = [];

  writeHead(): void {}

  write(text: string): void {
    const event = /^event: (.*)$/m.exec(text)?.[1] ?? '';
    this.events.push({ event, data: JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '') });
  }

  of(event: string): readonly unknown[] {
    return this.events.filter((each) => each.event === event).map(({ data }) => data);
  }
}

const entry = (id: string): ApiLogEntry => ({
  ...{ id, kind: 'leader', atMs: 5, instanceId: 'one', epoch: 1 },
});

/** Event streams of a controller; `stored` is the log in Redis. */
function start(stored: readonly ApiLogEntry[] = []) {
  const clock = new ManualClock();
  const listeners = new Set<() => void>();
  let version = 0;
  const current = {
    state: () => ({ snapshotVersion: version }),
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const change = () => {
    version += 1;
    for (const listener of listeners) listener();
  };
  let followers = 0;
  let begin = () => {};
  const started = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const events: Tail['events'] = new EventEmitter();
  events.setMaxListeners(0);
  const tail: Tail = {
    events,
    follow: () => {
      followers += 1;
      const end = () => {
        followers -= 1;
      };
      return { started, end };
    },
    stop: () => undefined,
  };
  // Without the history, which other tests read; a client that resumes needs only the log.
  const redis = {
    xrange: async () => stored.map(({ id, ...rest }) => [id, ['json', JSON.stringify(rest)]]),
  };
  const handler = streamEvents({
    ...{ clock, tail, log: createLogger('test', 'silent') },
    current: current as unknown as CurrentState,
    redis: redis as unknown as Redis,
  });
  const open = async (client: Client, lastEventId?: string) => {
    const request = { query: {}, get: () => lastEventId };
    await handler(request as unknown as Request, client as unknown as Response, () => undefined);
  };
  return { clock, change, tail, begin, open, listeners, followers: () => followers };
}

describe('an event stream', () => {
  it('has at most two states a second, always the latest, and one as a sign of life', async () => {
    const { clock, change, begin, open } = start();
    const client = new Client();
    begin();
    await open(client);
    clock.advance(100);
    for (let time = 0; time < 3; time += 1) change();
    const versions = () => client.of('state').map((state) => Object(state).snapshotVersion);
    clock.advance(399);
    expect(versions()).toEqual([0]);
    clock.advance(1);
    expect(versions()).toEqual([0, 3]);
    clock.advance(SIGN_OF_LIFE_MS - 501);
    expect(versions()).toEqual([0, 3]);
    // Half a second after the last state a change is sent immediately.
    change();
    clock.advance(0);
    expect(versions()).toEqual([0, 3, 4]);
    clock.advance(1);
    expect(versions()).toEqual([0, 3, 4, 4]);
    clock.advance(SIGN_OF_LIFE_MS);
    expect(versions()).toEqual([0, 3, 4, 4, 4]);
  });

  it('has each log entry once, also one that arrives while the past is read', async () => {
    const { tail, begin, open } = start(['5-1', '5-9', '5-10'].map(entry));
    const client = new Client();
    const opening = open(client, '5-1');
    for (const id of ['5-9', '5-10', '5-11']) tail.events.emit('log', entry(id));
    begin();
    await opening;
    tail.events.emit('log', entry('6-0'));
    const ids = client.of('log').map((data) => Object(data).id);
    expect(ids).toEqual(['5-9', '5-10', '5-11', '6-0']);
  });

  it('reads the past after two seconds if following cannot start', async () => {
    const { clock, open } = start([entry('5-1'), entry('5-2')]);
    const client = new Client();
    const opening = open(client, '5-1');
    clock.advance(1_999);
    expect(client.of('log')).toEqual([]);
    clock.advance(1);
    await opening;
    expect(client.of('log')).toEqual([entry('5-2')]);
  });

  it('leaves nothing behind when its client has gone', async () => {
    const { clock, change, tail, begin, open, listeners, followers } = start();
    const client = new Client();
    begin();
    await open(client);
    change();
    expect([clock.timers, listeners.size, followers()]).toEqual([2, 1, 1]);
    client.emit('close');
    expect([clock.timers, listeners.size, followers()]).toEqual([0, 0, 0]);
    expect(tail.events.eventNames()).toEqual([]);
  });

  it('is one of at most 200; when one has ended, the next is served', async () => {
    const { begin, open } = start();
    begin();
    const clients = Array.from({ length: 200 }, () => new Client());
    await Promise.all(clients.map((client) => open(client)));
    await expect(open(new Client())).rejects.toMatchObject({ code: 'too_many_streams' });
    clients[0]?.emit('close');
    await open(new Client());
    await expect(open(new Client())).rejects.toMatchObject({ code: 'too_many_streams' });
  });
});
