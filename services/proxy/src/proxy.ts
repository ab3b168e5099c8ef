/** Puts the parts of the proxy together and says in which order they end. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { RetryBudget } from '@zephyr/core';
import type { RunningService, ServiceContext } from '@zephyr/runtime/service';

import { Accounts } from './accounts.ts';
import { createApp } from './app.ts';
import { Clients } from './clients.ts';
import { Edge } from './edge.ts';
import { createEndpoints, type Endpoint } from './endpoints.ts';
import { createMetrics } from './metrics.ts';
import { RedisLink } from './redis-link.ts';
import { KeptBodies } from './request-body.ts';
import { Routing } from './routing.ts';
import { createSender } from './sender.ts';
import { closeGently, listen } from './server.ts';
import { presenceOf, type StatusDeps } from './status.ts';

export async function startProxy(context: ServiceContext): Promise<RunningService> {
  const { config, secrets, log } = context;
  const { failover, timeouts } = config;
  let draining = false;
  const isDraining = (): boolean => draining;

  const endpoints = createEndpoints(config, secrets);
  const policy = {
    failuresToEject: failover.failuresToEject,
    baseMs: failover.ejectMs,
    maxMs: failover.maxEjectMs,
    maxCoolDownMs: failover.maxCoolDownMs,
  };
  const now = (): number => performance.now();
  const routing = new Routing({ endpoints, policy, log, now, rng: Math.random });
  const kept = new KeptBodies(config.limits.keptBodiesBytes);
  const budget = new RetryBudget({
    ratio: failover.retryRatio,
    perSecond: failover.retriesPerSecond,
  });
  const metrics = createMetrics({
    activeRequests: () => accounts.active,
    ejected: () =>
      new Map(endpoints.map(({ id }) => [id, routing.local(id).status !== 'in_service'])),
    snapshotAgeSeconds: () => (now() - routing.state.confirmedAtMs) / 1000,
    redisUp: () => link.isUp,
    keptBodyBytes: () => kept.bytes,
    retryBudget: () => budget.available(now()),
  });
  const accounts = new Accounts(
    endpoints.map(({ id }) => id),
    metrics,
  );
  const status: StatusDeps = {
    proxyId: context.instanceId,
    configHash: config.hash,
    startedAtMs: Date.now(),
    routing,
    accounts,
    redisUp: () => link.isUp,
    isDraining,
  };
  const link = new RedisLink({
    target: context.redis,
    log,
    routing,
    metrics,
    configHash: config.hash,
    snapshotPath: snapshotPath(config.hash),
    presence: () => presenceOf(status),
    takeBatch: () => accounts.takeBatch(context.instanceId),
  });
  const edge = new Edge({
    exchange: {
      settings: config,
      routing,
      send: createSender(),
      kept,
      budget,
      accounts,
      metrics,
      log,
      isDraining,
    },
    clients: new Clients(secrets.clientKeys),
    metrics,
    rules: { extraPaths: new Set(config.server.extraPaths) },
  });
  const app = createApp({
    edge,
    metrics,
    status,
    onError: (error) => log.error({ err: error }, 'request handler failed'),
  });

  await link.start();
  const { server, port } = await listen(app, {
    host: config.server.host,
    port: config.server.port,
    settings: config,
  });

  return {
    port,
    stop: async () => {
      draining = true;
      await sleep(timeouts.drainDelayMs);
      const limit = setTimeout(() => edge.endAll(), timeouts.drainMs);
      await closeGently(server, AbortSignal.timeout(timeouts.drainMs + 1_000));
      clearTimeout(limit);
      server.closeAllConnections();
      closeAgents(endpoints);
      await link.stop();
    },
  };
}

/** Beside other programs' state; each set of endpoints has its own file. */
function snapshotPath(configHash: string): string {
  const state = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return join(state, 'claude-zephyr', `snapshot-${configHash}.json`);
}

function closeAgents(endpoints: readonly Endpoint[]): void {
  for (const { agent, freshAgent } of endpoints) {
    agent.destroy();
    freshAgent.destroy();
  }
}
