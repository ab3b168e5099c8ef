/** Wires the controller: leadership, the leader's work, the state it shows, the API. */

import { systemClock, systemRandom } from '@zephyr/runtime/clock';
import type { LoadedConfig } from '@zephyr/runtime/config/read/load';
import { ownVariable, PUBLIC_URL } from '@zephyr/runtime/config/variables/own-variables';
import { messageOf } from '@zephyr/runtime/errors';
import { warnOfEnd } from '@zephyr/runtime/http/own-tls';
import { trustedProxies } from '@zephyr/runtime/http/trusted-proxies';
import type { Readiness } from '@zephyr/runtime/http/watch-pages';
import type { Logger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { offerUsageScripts } from '@zephyr/runtime/redis/usage-store';
import { createWriteTest } from '@zephyr/runtime/redis/write-test';
import type { RunningService, ServiceContext } from '@zephyr/runtime/service/service';
import type { Redis } from 'ioredis';

import { createApp } from './api/app.ts';
import { EndpointTests } from './api/endpoint-tests.ts';
import { startServer } from './api/server.ts';
import { startTail, type Tail } from './api/stream-follower.ts';
import { BatchHealth } from './leader/batch-health.ts';
import { checkRedis } from './leader/check-redis.ts';
import type { CommitReport } from './leader/commit.ts';
import { eventLines } from './leader/event-lines.ts';
import { Notes } from './leader/event-notes.ts';
import { createFollower } from './leader/follow.ts';
import { leadTerm, type PublishedBatch } from './leader/lead.ts';
import { type LeaderElection, startLeadership } from './leader/leader-election.ts';
import type { LeaderState } from './leader/leader-state.ts';
import { RedisClock } from './leader/redis-clock.ts';
import { type ControllerMetrics, createMetrics } from './metrics.ts';
import { Notifier } from './notify/notifier.ts';
import { CurrentState } from './view/current-state.ts';

/** Shared by the parts of one controller. */
interface Shared {
  readonly context: ServiceContext;
  readonly redis: Redis;
  readonly clock: RedisClock;
  readonly current: CurrentState;
  readonly health: BatchHealth;
  readonly metrics: ControllerMetrics;
  readonly notifier: Notifier;
}

export async function startController(context: ServiceContext): Promise<RunningService> {
  const { config, configSource, log, redis: target } = context;
  const redis = createRedis(target, log, 'command');
  await checkRedis(redis, log, systemClock);
  offerUsage(redis, log);

  const clock = new RedisClock(systemClock);
  const current = new CurrentState({
    ...{ redis, clock, configSource },
    publicUrl: ownVariable(context.environment, PUBLIC_URL) ?? null,
  });
  const health: BatchHealth = new BatchHealth({
    ...{ log, clock: systemClock },
    counted: (kind) => metrics.recordsSetAside.inc({ kind }),
  });
  const metrics = createMetrics(current, health);
  const notifier = new Notifier({
    ...{ clock: systemClock, log, loaded: () => configSource.current() },
    counted: (kind, result) => metrics.notifications.inc({ kind, result }),
  });
  const shared = { context, redis, clock, current, health, metrics, notifier };
  const leadership = takePart(shared);
  const tail = startTail(target, log, systemClock);
  const tests = testsOf(shared, tail);
  const certificate = ({ ownCertificates }: LoadedConfig['secrets']) => ownCertificates.controller;
  const own = certificate(context.secrets);
  warnOfEnd(log, own);
  const server = await startServer(appOf(shared, tail, tests), config.controller, {
    certificate: own,
    clock: systemClock,
    fd: context.listenFds?.[0],
  });
  configSource.subscribe((change) => {
    if (change.status !== 'applied') return;
    const renewed = certificate(change.loaded.secrets);
    warnOfEnd(log, renewed);
    server.renew(renewed);
  });

  void tests.resume();

  return {
    port: server.port,
    listeners: [server.server],
    stop: async () => {
      tests.stop();
      await leadership.stop();
      notifier.stop();
      await server.stop();
      tail.stop();
      configSource.stop();
      redis.disconnect();
    },
  };
}

/** Repeated when a Redis returns or is replaced: proxies may write usage only through this script. */
function offerUsage(redis: Redis, log: Logger): void {
  const offer = () =>
    offerUsageScripts(redis).catch((error: unknown) => {
      log.warn({ why: messageOf(error) }, 'proxies may be unable to write usage');
    });
  redis.on('ready', () => void offer());
  if (redis.status === 'ready') void offer();
}

/** Leads when it can, and otherwise follows what the leader commits. */
function takePart({
  context,
  redis,
  clock,
  current,
  health,
  metrics,
  notifier,
}: Shared): LeaderElection {
  const { configSource, instanceId, log, redis: target } = context;
  const notes = new Notes();
  configSource.subscribe((change) => {
    const problems = change.status === 'rejected' ? change.problems : [];
    if (change.status === 'applied') notifier.configChanged();
    notes.add({ kind: 'config', atMs: clock.epochMs(), outcome: change.status, problems });
  });
  let remembered: LeaderState | undefined;
  const publish = ({ state, effects, before, view, snapshotVersion }: PublishedBatch) => {
    remembered = state;
    current.receiveView(view, snapshotVersion);
    metrics.count(effects);
    notifier.committed(effects, before);
    const { endpoints } = configSource.current().config;
    // An endpoint removed from the configuration only has its id.
    const nameOf = (id: string) => endpoints.find((known) => known.id === id)?.name ?? id;
    for (const { level, message, fields } of eventLines(effects, nameOf)) {
      log[level](fields, message);
    }
  };
  const commits: CommitReport = {
    began: () => metrics.commitSeconds.startTimer(),
    accepted: () => current.receiveCommits('accepted'),
    failed: (why) => {
      metrics.commitFailures.inc();
      health.failed();
      if (why === 'refused') current.receiveCommits('refused');
    },
  };
  const follow = createFollower({ redis, current, log });
  const standBy = async () => {
    const state = await follow();
    // A state committed by another version is newer than the remembered one.
    if (state.status !== 'none') remembered = state.status === 'read' ? state.state : undefined;
  };
  return startLeadership({
    ...{ redis, instanceId, clock, systemClock, rng: systemRandom, log },
    lead: (term) =>
      leadTerm(term, {
        store: { redis, target },
        clocks: { redis: clock, system: systemClock },
        rng: systemRandom,
        ...{ configSource, remembered, notes, log },
        report: { health, commits, publish },
      }),
    standBy: () =>
      standBy().catch((error: unknown) => log.debug({ err: error }, 'following the leader failed')),
    onState: (state) => current.receiveLeadership(state),
  });
}

function testsOf({ context, redis }: Shared, tail: Tail): EndpointTests {
  const { configSource, environment, files, log, redis: target } = context;
  return new EndpointTests({
    ...{ redis, target, tail, log, files, environment, clock: systemClock },
    config: () => configSource.current().config,
  });
}

function appOf(
  { context, redis, current, health, metrics }: Shared,
  tail: Tail,
  tests: EndpointTests,
) {
  const { configSource, environment, files, instanceId, log } = context;
  const writeTest = createWriteTest(redis, { instanceId, clock: systemClock });
  // Otherwise it can neither decide nor accept commands. That is no reason to restart it.
  const readiness = async (): Promise<Readiness> => {
    const redisStatus = await writeTest();
    const status = redisStatus === 'ok' && health.isFailing ? 'batches_failing' : redisStatus;
    return { isReady: status === 'ok', status };
  };
  return createApp({
    ...{ redis, current, tail, log, health, readiness, registry: metrics.registry },
    ...{ clock: systemClock, files, environment, tests },
    allowedHosts: () => configSource.current().config.controller.allowedHosts,
    config: () => configSource.current().config,
    adminToken: () => configSource.current().secrets.adminToken,
    trustedProxies: () => trustedProxies(configSource.current().config.server.trustedProxies),
  });
}
