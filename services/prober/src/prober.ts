/** The prober: runs the probes of the queue and reports its health. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStartGate } from '@zephyr/probes/claude-cli/start-gate';
import { probesAtOnce } from '@zephyr/probes/probes-at-once';
import { removeOrphans } from '@zephyr/probes/process/orphan-cleanup';
import { openProbeUsers } from '@zephyr/probes/process/probe-users';
import { systemClock } from '@zephyr/runtime/clock';
import { outboundProxiesOf } from '@zephyr/runtime/config/resolve/outbound';
import { ownVariable, PROBE_USERS } from '@zephyr/runtime/config/variables/own-variables';
import { listenOn } from '@zephyr/runtime/process/listen-fds';
import { openProbeQueue } from '@zephyr/runtime/queue/probe-queue';
import { createRedis } from '@zephyr/runtime/redis/client';
import { createWriteTest } from '@zephyr/runtime/redis/write-test';
import type { RunningService, ServiceContext } from '@zephyr/runtime/service/service';

import { createApp } from './app.ts';
import { createMetrics } from './metrics.ts';
import { runProbeJob } from './probe-runner.ts';
import { startWorker } from './worker.ts';

export async function startProber(context: ServiceContext): Promise<RunningService> {
  const { log, config } = context;
  for (const used of outboundProxiesOf(config)) log.info(used, 'outbound proxy');
  const range = ownVariable(context.environment, PROBE_USERS);
  const users = range === undefined ? undefined : await openProbeUsers(range, probesAtOnce());
  removeOrphans();
  const redis = createRedis(context.redis, log, 'command');
  const { queue, close } = openProbeQueue(context.redis, () => undefined);
  const isRedisConnected = (): boolean => redis.status === 'ready';
  const writeTest = createWriteTest(redis, { instanceId: context.instanceId, clock: systemClock });
  const metrics = createMetrics({
    running: () => worker.running(),
    queued: async () =>
      isRedisConnected()
        ? await queue.getJobCounts('waiting', 'delayed', 'active').catch(() => undefined)
        : undefined,
    isRedisConnected,
    isRedisWritable: async () => (await writeTest()) === 'ok',
  });
  const gate = createStartGate();
  const { current: loaded, tokenRefused } = context.configSource;
  const runnerDeps = { redis, clock: systemClock, log, metrics, gate, users, loaded, tokenRefused };
  const worker = startWorker({ target: context.redis, log, clock: systemClock }, (job, signal) =>
    runProbeJob(job, runnerDeps, signal),
  );
  const app = createApp({
    configHash: () => loaded().config.hash,
    ...{ registry: metrics.registry, running: worker.running, isRedisConnected },
    // Without Redis no job can be run. That is no reason to restart: it would not bring Redis back.
    readiness: async () => {
      const status = await writeTest();
      return { isReady: status === 'ok', status };
    },
  });
  const server = createServer(app);
  listenOn(server, config.prober, context.listenFds?.[0]);
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    listeners: [server],
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await worker.stop();
      await close();
      redis.disconnect();
    },
  };
}
