/** Puts the parts of the proxy together and says in which order they end. */
import type { LookupFunction } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { RunningService, ServiceContext } from '@zephyr/runtime/service';
import { Tunables } from './reloadable.ts';
import { createMetrics, type Gauges } from './report/metrics.ts';
import { Accounts } from './report/request-stats.ts';
import { Serving } from './report/serving.ts';
import { StatusFeed } from './report/status-feed.ts';
import { presenceOf, proxyStateOf, type StatusDeps } from './report/status-json.ts';
import { RedisLink } from './routing/redis-link.ts';
import { Routing } from './routing/routing.ts';
import { Edge } from './server/admission.ts';
import { createApp, createMetricsApp } from './server/app.ts';
import { Connections } from './server/connections.ts';
import { closeGently, type Listening, listen } from './server/server.ts';
import { Settings } from './settings.ts';
import { retire } from './upstream/endpoints.ts';
import { StaleConnections } from './upstream/stale-connections.ts';
import { createSender } from './upstream/transport.ts';

export interface ProxyOptions {
  /** Where the last good snapshot is kept on disk. */
  readonly snapshotPath?: string | undefined;
  readonly lookup?: LookupFunction | undefined;
}

/** @throws ZephyrError `CONFIG` when it would serve strangers without a key. */
export async function startProxy(
  context: ServiceContext,
  options: ProxyOptions = {},
): Promise<RunningService> {
  const { log, instanceId } = context;
  const settings = new Settings(context, options.lookup);
  let draining = false;
  const isDraining = (): boolean => draining;
  const now = (): number => performance.now();

  const routing = new Routing({
    setup: settings.routing(),
    log,
    now,
    rng: Math.random,
    onBlamed: (id, failure) => accounts.blamed(id, failure),
  });
  const serving = new Serving(log);
  const tunables = new Tunables(settings.config);
  const { kept, budget } = tunables;
  const gauges: Gauges = {
    activeRequests: () => accounts.active,
    streams: () => edge.streams(),
    ejected: () =>
      new Map(routing.endpoints.map(({ id }) => [id, routing.ejectionOf(id).status === 'ejected'])),
    snapshotAgeSeconds: () => (now() - routing.state.confirmedAtMs) / 1000,
    redisUp: () => link.isUp,
    bufferedBodyBytes: () => kept.bytes,
    retryBudget: () => budget.available(now()),
    isServing: () => serving.isServing(now()),
  };
  const metrics = createMetrics(gauges);
  const accounts = new Accounts(metrics);
  const status: StatusDeps = {
    proxyId: instanceId,
    configHash: () => settings.config.hash,
    config: () => settings.config,
    startedAtMs: Date.now(),
    routing,
    accounts,
    get sessions() {
      return tunables.sessions;
    },
    redisUp: () => link.isUp,
    isDraining,
    isServing: () => serving.isServing(now()),
    oldestRequests: (limit) => edge.oldest(limit),
  };
  const feed = new StatusFeed(() => proxyStateOf(status));
  const link = new RedisLink({
    proxyId: instanceId,
    target: context.redis,
    log,
    routing,
    metrics,
    configHash: status.configHash,
    snapshotPath: () => options.snapshotPath ?? defaultSnapshotPath(settings.config.hash),
    presence: () => presenceOf(status),
    takeBatch: () => accounts.takeBatch(instanceId),
    sessions: () => tunables.sessions,
  });
  const connections = new Connections(() => settings.config.limits);
  const edge = new Edge({
    onAdmitted: (socket) => connections.markKnown(socket),
    exchange: {
      settings: () => settings.config,
      routing,
      get sessions() {
        return tunables.sessions;
      },
      send: createSender(),
      kept,
      budget,
      accounts,
      serving,
      stale: new StaleConnections(),
      metrics,
      log,
      isDraining,
    },
    clients: () => settings.clients,
    metrics,
    rules: () => settings.rules,
    trustedProxies: () => settings.trustedProxies,
  });
  const onError = (error: unknown): void => log.error({ err: error }, 'request handler failed');

  const listeners: Listening[] = [];
  settings.onChange((removed) => {
    routing.reconfigure(settings.routing());
    removed.forEach(retire);
    tunables.reconfigure(settings.config);
    edge.endRevoked();
    for (const listener of listeners) listener.reconfigure(settings.config);
  });
  await link.start();
  const { metricsAddress } = context;
  const told = metricsAddress === undefined ? metrics : undefined;
  const main = await listen(createApp({ edge, metrics: told, status, feed, onError }), {
    host: settings.config.server.host,
    port: settings.config.server.port,
    settings: settings.config,
    connections,
  });
  const watched =
    metricsAddress === undefined
      ? undefined
      : await listen(createMetricsApp(metrics), {
          ...metricsAddress,
          settings: settings.config,
          connections: new Connections(() => settings.config.limits),
        });
  const { server, port } = main;
  listeners.push(main, ...(watched === undefined ? [] : [watched]));

  return {
    port,
    stop: async (why) => {
      draining = true;
      const { drainDelayMs, drainMs } = settings.config.timeouts;
      // After a crash of our own nothing may be trusted for long.
      const limitMs = why === 'crashed' ? Math.min(CRASH_DRAIN_MS, drainMs) : drainMs;
      if (why !== 'crashed') await sleep(drainDelayMs);
      feed.end();
      const limit = setTimeout(() => edge.endAll(), limitMs);
      await closeGently(server, AbortSignal.timeout(limitMs + LAST_WORDS_MS));
      clearTimeout(limit);
      edge.stop();
      server.closeAllConnections();
      routing.endpoints.forEach(retire);
      await link.stop();
      watched?.server.close();
      watched?.server.closeAllConnections();
    },
  };
}

/** For running answers after an uncaught exception. */
const CRASH_DRAIN_MS = 5_000;
/** For the last events of the answers that the drain limit ends. */
const LAST_WORDS_MS = 1_000;

/** Beside other programs' state; each set of endpoints has its own file. */
function defaultSnapshotPath(configHash: string): string {
  const state = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return join(state, 'claude-zephyr', `snapshot-${configHash}.json`);
}
