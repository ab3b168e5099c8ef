/** Wires the proxy's parts together and defines the order in which they stop. */
import type { LookupFunction } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { Bursts } from '@zephyr/runtime/bursts';
import { type Clock, systemClock, systemRandom } from '@zephyr/runtime/clock';
import { outboundProxiesOf } from '@zephyr/runtime/config/resolve/outbound';
import { createRedis } from '@zephyr/runtime/redis/client';
import type { RunningService, ServiceContext } from '@zephyr/runtime/service/service';
import type { Redis } from 'ioredis';

import { drain } from './drain.ts';
import { LiveConfig } from './live-config.ts';
import { PeopleLimits } from './people-limits/people-limits.ts';
import { FailedRequests } from './report/failed-request-log.ts';
import { KnownProbes } from './report/known-probes.ts';
import { createMetrics, type ProxyGauges, type ProxyMetrics } from './report/metrics.ts';
import { presenceOf } from './report/proxy-presence.ts';
import { type StatusDeps, statusOf } from './report/proxy-state.ts';
import { RequestStats } from './report/request-stats.ts';
import { Serving } from './report/serving.ts';
import { StatusFeed } from './report/status-feed.ts';
import { RedisLink } from './routing/redis-link.ts';
import { Routing } from './routing/routing.ts';
import { Admission } from './server/admission.ts';
import { createApp, createMetricsApp } from './server/app.ts';
import { Connections } from './server/connections.ts';
import { type Listening, listen } from './server/server.ts';
import { openTracing } from './trace/load-opentelemetry.ts';
import type { Tracing } from './trace/request-trace.ts';
import { closePool } from './upstream/connection-pool.ts';
import { ConnectionReuse } from './upstream/connection-reuse.ts';
import { Deadlines } from './upstream/deadline.ts';
import type { UpstreamEndpoint } from './upstream/endpoints.ts';
import { createTransport } from './upstream/transport.ts';
import { Accounting } from './usage/accounting.ts';
import { OwnUsageReader } from './usage/own-usage.ts';
import { UsageWriter } from './usage/usage-writer.ts';

export interface ProxyOptions {
  /** File of the last good snapshot. */
  readonly snapshotPath?: string | undefined;
  readonly lookup?: LookupFunction | undefined;
  readonly clock?: Clock | undefined;
}

/** @throws ZephyrError `CONFIG` if it would serve strangers without a key. */
export async function startProxy(
  context: ServiceContext,
  options: ProxyOptions = {},
): Promise<RunningService> {
  const { log, instanceId } = context;
  const liveConfig = new LiveConfig(context, options.lookup);
  for (const used of outboundProxiesOf(context.config)) log.info(used, 'outbound proxy');
  const clock = options.clock ?? systemClock;
  const tracing = await openTracing({
    ...{ config: context.config.traces, headers: context.secrets.traceHeaders },
    ...{ instanceId, clock, log },
  });
  const parts = new ProxyParts({ context, liveConfig, clock, tracing, path: options.snapshotPath });
  const { routing, admission, connections, feed } = parts;
  const { main, watched } = await startListening(parts, context);
  const listeners = [main, ...(watched === undefined ? [] : [watched])];

  return {
    port: main.port,
    listeners: listeners.map(({ server }) => server),
    stop: async (why) => {
      parts.isDraining = true;
      const { timeouts } = liveConfig.config;
      const { server } = main;
      await drain(
        {
          ...{ server, connections, watched: watched?.server, admission, feed, timeouts },
          // Connections are real even if a test controls the clock of requests.
          clock: systemClock,
        },
        why,
      );
      parts.deadlines.stop();
      for (const { agent } of routing.endpoints) closePool(agent);
      await parts.usage.stop();
      await parts.link.stop();
      await tracing?.stop();
    },
  };
}

async function startListening(
  parts: ProxyParts,
  { log, metricsAddress, listenFds }: ServiceContext,
) {
  const { liveConfig, metrics, admission, status, feed, ownUsage } = parts;
  const listeners: Listening[] = [];
  liveConfig.onChange((removed) => {
    parts.reconfigure(removed);
    for (const listener of listeners) listener.reconfigure(liveConfig.config);
    main.renew(liveConfig.certificate);
  });
  await parts.link.start();
  await parts.usage.start();
  const app = createApp({
    ...{ admission, status, feed, ownUsage },
    metrics: metricsAddress === undefined ? metrics : undefined,
    onError: (error) => log.error({ err: error }, 'request handler failed'),
  });
  const { host, port } = liveConfig.config.server;
  const main = await listen(app, {
    ...{ host, port, fd: listenFds?.[0], settings: liveConfig.config },
    // Connections are real even if a test controls the clock of requests.
    ...{ connections: parts.connections, clock: systemClock },
    certificate: liveConfig.certificate,
  });
  const watched =
    metricsAddress === undefined
      ? undefined
      : await listen(createMetricsApp(metrics), {
          ...metricsAddress,
          ...{ fd: listenFds?.[1], settings: liveConfig.config, clock: systemClock },
          connections: new Connections(() => liveConfig.config.limits),
        });
  listeners.push(main, ...(watched === undefined ? [] : [watched]));
  return { main, watched };
}

interface PartsDeps {
  readonly context: ServiceContext;
  readonly liveConfig: LiveConfig;
  readonly clock: Clock;
  readonly tracing: Tracing | undefined;
  /** Path of the snapshot file; undefined: in the usual state folder. */
  readonly path: string | undefined;
}

/** The parts of the proxy. Those that need each other look each other up here at run time. */
class ProxyParts {
  readonly liveConfig: LiveConfig;
  readonly routing: Routing;
  readonly metrics: ProxyMetrics;
  readonly status: StatusDeps;
  readonly feed: StatusFeed;
  readonly usage: UsageWriter;
  readonly ownUsage: OwnUsageReader;
  readonly link: RedisLink;
  readonly deadlines: Deadlines;
  readonly connections: Connections;
  readonly admission: Admission;
  isDraining = false;
  readonly #deps: PartsDeps;
  readonly #serving: Serving;
  readonly #stats: RequestStats;
  readonly #limits: PeopleLimits;
  readonly #knownProbes: KnownProbes;

  constructor(deps: PartsDeps) {
    const { context, liveConfig, clock } = deps;
    const { log, instanceId } = context;
    this.#deps = deps;
    this.liveConfig = liveConfig;
    this.routing = new Routing({
      ...{ setup: liveConfig.routing(), log, rng: systemRandom },
      nowMs: () => clock.nowMs(),
      onBlamed: (id, failure) => this.#stats.blamed(id, failure),
    });
    this.#serving = new Serving(log);
    this.metrics = createMetrics(this.#gauges());
    this.#stats = new RequestStats(this.metrics, clock);
    this.#limits = new PeopleLimits(liveConfig.config, { proxyId: instanceId, clock });
    const redis = createRedis(context.redis, log.child({ connection: 'usage' }), 'command');
    this.#knownProbes = new KnownProbes(redis, clock);
    this.status = this.#statusDeps();
    this.feed = new StatusFeed(() => statusOf(this.status), clock);
    this.usage = this.#createUsageWriter(redis);
    this.ownUsage = new OwnUsageReader({ redis, limits: this.#limits, clock });
    this.link = this.#createLink();
    this.deadlines = new Deadlines(clock);
    this.connections = new Connections(() => liveConfig.config.limits);
    this.admission = this.#createAdmission();
  }

  /** @param removed endpoints that are no longer configured */
  reconfigure(removed: readonly UpstreamEndpoint[]): void {
    this.routing.reconfigure(this.liveConfig.routing());
    for (const { agent } of removed) closePool(agent);
    this.#limits.reconfigure(this.liveConfig.config);
    this.admission.endRevoked();
  }

  #gauges(): ProxyGauges {
    const { routing, liveConfig } = this;
    const { bufferedBodies, retryBudget } = liveConfig;
    const now = (): number => this.#deps.clock.nowMs();
    return {
      activeRequests: () => this.#stats.active,
      streams: () => this.admission.streams(),
      ejected: () =>
        new Map(
          routing.endpoints.map(({ id }) => [id, routing.ejectionOf(id).status === 'ejected']),
        ),
      snapshotAgeSeconds: () => (now() - routing.state.confirmedAtMs) / 1000,
      isRedisConnected: () => this.link.isConnected,
      bufferedBodyBytes: () => bufferedBodies.bytes,
      retryBudget: () => retryBudget.available(now()),
      isServing: () => this.#serving.isServing(now()),
      unwrittenRequests: () => this.usage.unwrittenRequests,
      budgets: () => this.#limits.budgets(),
    };
  }

  #statusDeps(): StatusDeps {
    const { liveConfig, routing } = this;
    const { context, clock } = this.#deps;
    return {
      clock,
      proxyId: context.instanceId,
      configHash: () => liveConfig.config.hash,
      config: () => liveConfig.config,
      startedAtMs: clock.epochMs(),
      routing,
      stats: this.#stats,
      sessions: () => liveConfig.sessions,
      isRedisConnected: () => this.link.isConnected,
      isDraining: () => this.isDraining,
      isServing: () => this.#serving.isServing(clock.nowMs()),
      oldestRequests: (limit) => this.admission.oldest(limit),
      unwrittenRequests: () => this.usage.unwrittenRequests,
      knownProbes: this.#knownProbes,
    };
  }

  #snapshotPath(): string {
    return this.#deps.path ?? defaultSnapshotPath(this.liveConfig.config.hash);
  }

  #createUsageWriter(redis: Redis): UsageWriter {
    const { liveConfig, metrics } = this;
    const { log, instanceId } = this.#deps.context;
    return new UsageWriter({
      ...{ proxyId: instanceId, redis, log, limits: this.#limits },
      // Redis is real even if a test controls the clock of requests.
      clock: systemClock,
      place: {
        folder: () => dirname(this.#snapshotPath()),
        system: `${resolve(liveConfig.config.path)} ${liveConfig.config.server.port}`,
      },
      onRows: (rows) => metrics.usage.add(rows),
      onWrite: (outcome) => metrics.usageWrites.inc({ outcome }),
    });
  }

  #createLink(): RedisLink {
    const { routing, metrics } = this;
    const { context, clock } = this.#deps;
    const { log, instanceId } = context;
    const stats = this.#stats;
    return new RedisLink({
      ...{ proxyId: instanceId, clock, target: context.redis, log, routing },
      onRoundTrip: (seconds) => metrics.redis.observe(seconds),
      onReport: (outcome) => metrics.reports.inc({ outcome }),
      configHash: this.status.configHash,
      snapshotPath: () => this.#snapshotPath(),
      presence: () => presenceOf(this.status),
      isBusy: () =>
        this.isDraining ||
        this.admission.activeRequests > 0 ||
        stats.hasNews ||
        routing.endpoints.some(({ id }) => routing.ejectionOf(id).status !== 'admitted'),
      takeBatch: () => stats.takeBatch(instanceId),
      sessions: () => this.liveConfig.sessions,
    });
  }

  #createAccounting(): Accounting {
    return new Accounting({
      clock: this.#deps.clock,
      config: () => this.liveConfig.config,
      incarnation: () => this.routing.state.snapshot?.incarnation,
      note: (record, model) => {
        this.usage.note(record, model);
        this.#limits.used(record);
      },
    });
  }

  #createAdmission(): Admission {
    const { liveConfig, connections, metrics, routing, deadlines } = this;
    const { context, clock, tracing } = this.#deps;
    const { log, configSource } = context;
    return new Admission({
      connections,
      exchange: {
        settings: () => liveConfig.config,
        sessions: () => liveConfig.sessions,
        ...{
          routing,
          deadlines,
          bursts: new Bursts(clock),
          metrics,
          tracing,
          log,
          clock,
          rng: systemRandom,
        },
        ...{ stats: this.#stats, limits: this.#limits, serving: this.#serving },
        send: createTransport(),
        bufferedBodies: liveConfig.bufferedBodies,
        budget: liveConfig.retryBudget,
        accounting: this.#createAccounting(),
        failedRequests: new FailedRequests(log),
        reuse: new ConnectionReuse(),
        isLast: (res) => this.isDraining && connections.endsWith(res),
        onTokenRefused: configSource.tokenRefused,
      },
      clients: () => liveConfig.clients,
      metrics,
      rules: () => liveConfig.rules,
      trustedProxies: () => liveConfig.trustedProxies,
    });
  }
}

/** In the usual state folder; each set of endpoints has its own file. */
function defaultSnapshotPath(configHash: string): string {
  const state = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return join(state, 'claude-zephyr', `snapshot-${configHash}.json`);
}
