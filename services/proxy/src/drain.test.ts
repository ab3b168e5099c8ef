import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';

import { ManualClock } from '@zephyr/testkit/manual-clock';
import { describe, expect, it, vi } from 'vitest';

import { drain } from './drain.ts';
import { Connections } from './server/connections.ts';

/** Closed by the test, as its last connection would. */
class BusyServer extends EventEmitter {
  readonly close = vi.fn();
  readonly closeAllConnections = vi.fn();
}

function startDrain(why: Parameters<typeof drain>[1], drainMs: number) {
  const clock = new ManualClock();
  const server = new BusyServer();
  const watched = new BusyServer();
  const feed = { end: vi.fn() };
  const admission = { endAll: vi.fn(), stop: vi.fn() };
  const drained = drain(
    {
      ...{ server: server as unknown as Server, admission, feed, clock },
      connections: new Connections(() => ({ connections: 9, connectionsPerAddress: 9 })),
      watched: watched as unknown as Server,
      timeouts: { drainMs, drainDelayMs: 3_000 },
    },
    why,
  );
  return { clock, server, watched, feed, admission, drained };
}

describe('drain', () => {
  it('accepts requests until balancers have noticed, then gives answers the whole limit', async () => {
    const { clock, server, admission } = startDrain('asked', 60_000);
    clock.advance(2_999);
    expect(server.close).not.toHaveBeenCalled();
    clock.advance(1);
    await clock.whenSet(60_000);
    expect(server.close).toHaveBeenCalledTimes(1);
    clock.advance(59_999);
    expect(admission.endAll).not.toHaveBeenCalled();
    clock.advance(1);
    expect(admission.endAll).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['at most five seconds', 60_000, 5_000],
    ['no more than otherwise', 2_000, 2_000],
  ])('gives answers %s after a crash, immediately', async (_, drainMs, timeoutMs) => {
    const { clock, server, admission } = startDrain('crashed', drainMs);
    expect(server.close).toHaveBeenCalledTimes(1);
    clock.advance(timeoutMs - 1);
    expect(admission.endAll).not.toHaveBeenCalled();
    clock.advance(1);
    expect(admission.endAll).toHaveBeenCalledTimes(1);
  });

  it('ends connections that stay open a second after the limit', async () => {
    const { clock, server, watched, admission, drained } = startDrain('crashed', 60_000);
    clock.advance(5_999);
    await new Promise(setImmediate);
    expect(server.closeAllConnections).not.toHaveBeenCalled();
    // Metrics are served until the end.
    expect(watched.close).not.toHaveBeenCalled();
    clock.advance(1);
    await drained;
    expect(admission.stop).toHaveBeenCalledTimes(1);
    for (const { closeAllConnections } of [server, watched]) {
      expect(closeAllConnections).toHaveBeenCalledTimes(1);
    }
    expect(watched.close).toHaveBeenCalledTimes(1);
    expect(clock.timers).toBe(0);
  });

  it('ends with the last connection', async () => {
    const { clock, server, feed, admission, drained } = startDrain('crashed', 60_000);
    // A page that follows the status would never let its connection end.
    expect(feed.end).toHaveBeenCalledTimes(1);
    server.emit('close');
    await drained;
    expect(clock.timers).toBe(0);
    expect(admission.endAll).not.toHaveBeenCalled();
  });
});
