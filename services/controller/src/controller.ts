/** Puts the controller together: leadership, the leader's work, what a standby knows, the API. */
import type { ConfigChange } from '@zephyr/runtime/config/source';
import { trustedProxies } from '@zephyr/runtime/http/trusted-proxies';
import { createRedis } from '@zephyr/runtime/redis/client';
import type { RunningService, ServiceContext } from '@zephyr/runtime/service';

import { createApp } from './api/app.ts';
import { startServer } from './api/server.ts';
import { startTail } from './api/tail.ts';
import { TurnHealth } from './leader/batch-health.ts';
import { checkRedis } from './leader/check-redis.ts';
import { linesOf } from './leader/event-lines.ts';
import type { NewLogEntry } from './leader/leader-commit.ts';
import { startLeadership } from './leader/leadership.ts';
import { leadTerm } from './leader/loop.ts';
import { RedisClock } from './leader/redis-clock.ts';
import { createMetrics } from './metrics.ts';
import { Knowledge } from './view/store.ts';

/** Notes that no leader has written yet; the oldest are dropped. */
const MAX_NOTES = 100;

export async function startController(context: ServiceContext): Promise<RunningService> {
  const { config, configSource, instanceId, log, redis: target } = context;
  const redis = createRedis(target, log, 'command');
  await checkRedis(redis, log);

  const clock = new RedisClock();
  const knowledge = new Knowledge({ redis, log, clock, configSource });
  const turns: TurnHealth = new TurnHealth(log, (kind) => metrics.recordsSetAside.inc({ kind }));
  const metrics = createMetrics(knowledge, turns);
  let notes: NewLogEntry[] = [];
  configSource.subscribe((change) => {
    notes = [...notes, configNote(change, clock.now())].slice(-MAX_NOTES);
  });

  const leadership = startLeadership({
    redis,
    instanceId,
    clock,
    log,
    lead: (term) =>
      leadTerm(term, {
        ...{ redis, target, instanceId, clock, configSource, log },
        remembered: knowledge.mind(),
        takeNotes: () => {
          const taken = notes;
          notes = [];
          return taken;
        },
        metrics,
        turns,
        committed: (turn) => {
          knowledge.learn(turn);
          metrics.count(turn);
          for (const { level, message, fields } of linesOf(turn.effects)) {
            log[level](fields, message);
          }
        },
      }),
  });
  knowledge.follow(leadership);
  const tail = startTail(target, log);
  const app = createApp({
    ...{ redis, knowledge, tail, log, turns, registry: metrics.registry },
    allowedHosts: () => configSource.current().config.controller.allowedHosts,
    adminToken: () => configSource.current().secrets.adminToken,
    trustedProxies: () => trustedProxies(configSource.current().config.server.trustedProxies),
  });
  const server = await startServer(app, config.controller);

  return {
    port: server.port,
    stop: async () => {
      knowledge.stop();
      await leadership.stop();
      await server.stop();
      tail.stop();
      metrics.stop();
      configSource.stop();
      redis.disconnect();
    },
  };
}

function configNote(change: ConfigChange, atMs: number): NewLogEntry {
  const problems = change.status === 'refused' ? change.problems : [];
  return { kind: 'config', atMs, outcome: change.status, problems };
}
