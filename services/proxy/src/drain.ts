/**
 * How a proxy stops: it accepts no new requests, and active answers run to their end for up to `drain_ms`.
 * Defined in one place, because it decides whether an update cuts answers. The times are keys of
 * `[timeouts]`.
 */
import type { Server } from 'node:http';

import { type Clock, pause } from '@zephyr/runtime/clock';
import type { Config } from '@zephyr/runtime/config/config';
import type { RunningService } from '@zephyr/runtime/service/service';

import type { StatusFeed } from './report/status-feed.ts';
import type { Admission } from './server/admission.ts';
import type { Connections } from './server/connections.ts';
import { closeGently } from './server/server.ts';

/** Limit for active answers after an uncaught exception. */
const CRASH_DRAIN_TIMEOUT_MS = 5_000;
/** Time to send the last events of answers that the drain limit ends. */
const LAST_EVENTS_TIMEOUT_MS = 1_000;

export interface Drained {
  readonly server: Server;
  readonly connections: Connections;
  /** Serves only metrics, and answers until the end. */
  readonly watched: Server | undefined;
  readonly admission: Pick<Admission, 'endAll' | 'stop'>;
  readonly feed: Pick<StatusFeed, 'end'>;
  readonly timeouts: Pick<Config['timeouts'], 'drainMs' | 'drainDelayMs'>;
  readonly clock: Clock;
}

/** Resolves when the last connection is closed. */
export async function drain(
  { server, connections, watched, admission, feed, timeouts, clock }: Drained,
  why: Parameters<RunningService['stop']>[0],
): Promise<void> {
  const { drainMs, drainDelayMs } = timeouts;
  // After a crash of our own, nothing can be trusted for long.
  const timeoutMs = why === 'crashed' ? Math.min(CRASH_DRAIN_TIMEOUT_MS, drainMs) : drainMs;
  const ended = new AbortController();
  // Lets balancers notice first that this proxy is no longer ready.
  if (why !== 'crashed') await pause(clock, drainDelayMs, ended.signal);
  feed.end();
  const limit = clock.setTimer(() => admission.endAll(), timeoutMs);
  const end = clock.setTimer(() => ended.abort(), timeoutMs + LAST_EVENTS_TIMEOUT_MS);
  await closeGently(server, connections, { clock, signal: ended.signal });
  ended.abort();
  for (const timer of [limit, end]) clock.clearTimer(timer);
  admission.stop();
  server.closeAllConnections();
  watched?.close();
  watched?.closeAllConnections();
}
