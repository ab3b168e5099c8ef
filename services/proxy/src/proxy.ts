/** Puts the parts of the proxy together and says in which order they end. */
import type { LookupFunction } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { type Clock, systemClock, systemRandom } from '@zephyr/runtime/clock';
import { outboundProxiesOf } from '@zephyr/runtime/config/outbound';
import { createRedis } from '@zephyr/runtime/redis/client';
import type { RunningService, ServiceContext } from '@zephyr/runtime/service';
import { drain } from './drain.ts';
import { LiveConfig } from './live-config.ts';
import { PeopleLimits } from './people-limits/people-limits.ts';
import { FailedRequests } from './report/failed-request-log.ts';
import { KnownProbes } from './report/known-probes.ts';
import { createMetrics, type ProxyGauges } from './report/metrics.ts';
import { RequestStats } from './report/request-stats.ts';
import { Serving } from './report/serving.ts';
import { StatusFeed } from './report/status-feed.ts';
import { presenceOf, type StatusDeps, statusOf } from './report/status-json.ts';
import { RedisLink } from './routing/redis-link.ts';
import { Routing } from './routing/routing.ts';
import { Admission } from './server/admission.ts';
import { createApp, createMetricsApp } from './server/app.ts';
import { Connections } from './server/connections.ts';
import { type Listening, listen } from './server/server.ts';
import { openTracing } from './trace/load-opentelemetry.ts';
import { ConnectionReuse } from './upstream/connection-reuse.ts';
import { Deadlines } from './upstream/deadline.ts';
import { retire } from './upstream/endpoints.ts';
import { createTransport } from './upstream/transport.ts';
import { Accounting } from './usage/accounting.ts';
import { OwnUsageReader } from './usage/own-usage.ts';
import { UsageWriter } from './usage/usage-writer.ts';

export interface ProxyOptions {
  /** The file of the last good snapshot. */
  readonly snapshotPath?: string | undefined;
  readonly lookup?: LookupFunction | undefined;
  readonly clock?: Clock | undefined;
}

/** @throws ZephyrError `CONFIG` when it would serve strangers without a key. */
export async function startProxy(
  context: ServiceContext,
  options: ProxyOptions = {},
): Promise<RunningService> {
  const { log, instanceId } = context;
  const liveConfig = new LiveConfig(context, options.lookup);
  for (const used of outboundProxiesOf(context.config)) log.info(used, 'outbound proxy');
  let draining = false;
  const isDraining = (): boolean => draining;
  const clock = options.clock ?? systemClock;
  const now = (): number => clock.nowMs();

  const routing = new Routing({
    setup: liveConfig.routing(),
    log,
    now,
    rng: systemRandom,
    onBlamed: (id, failure) => stats.blamed(id, failure),
  });
  const serving = new Serving(log);
  const { bufferedBodies, retryBudget } = liveConfig;
  const gauges: ProxyGauges = {
    activeRequests: () => stats.active,
    streams: () => admission.streams(),
    ejected: () =>
      new Map(routing.endpoints.map(({ id }) => [id, routing.ejectionOf(id).status === 'ejected'])),
    snapshotAgeSeconds: () => (now() - routing.state.confirmedAtMs) / 1000,
    redisUp: () => link.isUp,
    bufferedBodyBytes: () => bufferedBodies.bytes,
    retryBudget: () => retryBudget.available(now()),
    isServing: () => serving.isServing(now()),
    unwrittenRequests: () => usage.unwrittenRequests,
    budgets: () => limits.budgets(),
  };
  const metrics = createMetrics(gauges);
  const stats = new RequestStats(metrics, clock);
  const status: StatusDeps = {
    clock,
    proxyId: instanceId,
    configHash: () => liveConfig.config.hash,
    config: () => liveConfig.config,
    startedAtMs: clock.epochMs(),
    routing,
    stats,
    get sessions() {
      return liveConfig.sessions;
    },
    redisUp: () => link.isUp,
    isDraining,
    isServing: () => serving.isServing(now()),
    oldestRequests: (limit) => admission.oldest(limit),
    unwrittenRequests: () => usage.unwrittenRequests,
    get knownProbes() {
      return knownProbes;
    },
  };
  const snapshotPath = (): string =>
    options.snapshotPath ?? defaultSnapshotPath(liveConfig.config.hash);
  const limits = new PeopleLimits(liveConfig.config, { proxyId: instanceId, clock });
  const usageRedis = createRedis(context.redis, log.child({ connection: 'usage' }), 'command');
  const usage = new UsageWriter({
    proxyId: instanceId,
    // Redis is real also where a test moves the clock of requests.
    clock: systemClock,
    redis: usageRedis,
    log,
    limits,
    place: {
      folder: () => dirname(snapshotPath()),
      system: `${resolve(liveConfig.config.path)} ${liveConfig.config.server.port}`,
    },
    onRows: (rows) => metrics.usage.add(rows),
    onWrite: (outcome) => metrics.usageWrites.inc({ outcome }),
  });
  const accounting = new Accounting({
    clock,
    config: () => liveConfig.config,
    incarnation: () => routing.state.snapshot?.incarnation,
    note: (record, model) => {
      usage.note(record, model);
      limits.used(record);
    },
  });
  const knownProbes = new KnownProbes(usageRedis, clock);
  const ownUsage = new OwnUsageReader({ redis: usageRedis, limits, clock });
  const feed = new StatusFeed(() => statusOf(status), clock);
  const link = new RedisLink({
    proxyId: instanceId,
    clock,
    target: context.redis,
    log,
    routing,
    onRoundTrip: (seconds) => metrics.redis.observe(seconds),
    onReport: (outcome) => metrics.reports.inc({ outcome }),
    configHash: status.configHash,
    snapshotPath,
    presence: () => presenceOf(status),
    isBusy: () =>
      draining ||
      admission.activeRequests > 0 ||
      stats.hasNews ||
      routing.endpoints.some(({ id }) => routing.ejectionOf(id).status !== 'admitted'),
    takeBatch: () => stats.takeBatch(instanceId),
    sessions: () => liveConfig.sessions,
  });
  const tracing = await openTracing({
    ...{ config: context.config.traces, headers: context.secrets.traceHeaders },
    ...{ instanceId, clock, log },
  });
  const deadlines = new Deadlines(clock);
  const connections = new Connections(() => liveConfig.config.limits);
  const admission = new Admission({
    connections,
    exchange: {
      settings: () => liveConfig.config,
      routing,
      get sessions() {
        return liveConfig.sessions;
      },
      send: createTransport(),
      bufferedBodies,
      budget: retryBudget,
      stats,
      accounting,
      limits,
      serving,
      failedRequests: new FailedRequests(log),
      reuse: new ConnectionReuse(),
      deadlines,
      metrics,
      tracing,
      log,
      clock,
      rng: systemRandom,
      isLast: (res) => draining && connections.endsWith(res),
      onTokenRefused: context.configSource.tokenRefused,
    },
    clients: () => liveConfig.clients,
    metrics,
    rules: () => liveConfig.rules,
    trustedProxies: () => liveConfig.trustedProxies,
  });
  const onError = (error: unknown): void => log.error({ err: error }, 'request handler failed');

  const listeners: Listening[] = [];
  liveConfig.onChange((removed) => {
    routing.reconfigure(liveConfig.routing());
    removed.forEach(retire);
    limits.reconfigure(liveConfig.config);
    admission.endRevoked();
    for (const listener of listeners) listener.reconfigure(liveConfig.config);
    main.renew(liveConfig.certificate);
  });
  await link.start();
  await usage.start();
  const { metricsAddress, listenFds } = context;
  const exposed = metricsAddress === undefined ? metrics : undefined;
  const app = createApp({ admission, metrics: exposed, status, feed, ownUsage, onError });
  const main = await listen(app, {
    host: liveConfig.config.server.host,
    port: liveConfig.config.server.port,
    fd: listenFds?.[0],
    settings: liveConfig.config,
    connections,
    certificate: liveConfig.certificate,
  });
  const watched =
    metricsAddress === undefined
      ? undefined
      : await listen(createMetricsApp(metrics), {
          ...metricsAddress,
          fd: listenFds?.[1],
          settings: liveConfig.config,
          connections: new Connections(() => liveConfig.config.limits),
        });
  const { server, port } = main;
  listeners.push(main, ...(watched === undefined ? [] : [watched]));

  return {
    port,
    listeners: listeners.map((listener) => listener.server),
    stop: async (why) => {
      draining = true;
      const { timeouts } = liveConfig.config;
      await drain(
        { server, connections, watched: watched?.server, admission, feed, timeouts },
        why,
      );
      deadlines.stop();
      routing.endpoints.forEach(retire);
      await usage.stop();
      await link.stop();
      await tracing?.stop();
    },
  };
}

/** Beside other programs' state; each set of endpoints has its own file. */
function defaultSnapshotPath(configHash: string): string {
  const state = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return join(state, 'claude-zephyr', `snapshot-${configHash}.json`);
}
