/**
 * How long there is no leader when one dies or is stopped, and whether a paused leader ever writes: real
 * controllers, a real Redis.
 *
 *     node bench/leadership.ts [rounds]
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { type Commit, writeCommit } from '@zephyr/runtime/redis/leader-records';
import { acquireLease } from '@zephyr/runtime/redis/lease-store';
import { startRedisServer } from '@zephyr/runtime/redis/private-server';

import { ControllerProcess } from '../services/controller/src/test-support/controller-process.ts';
import { watchSnapshots } from '../services/controller/src/test-support/watch-snapshots.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const FENCED_COMMITS = 1_000;
const PAUSE_MS = 10_000;

const server = await startRedisServer();
const redis = createRedis({ url: server.url }, createLogger('bench', 'silent'), 'command');
await once(redis, 'ready');
try {
  console.log('SIGKILL of the leader, ms without one:', await takeOvers('SIGKILL'));
  console.log('SIGTERM of the leader, ms without one:', await takeOvers('SIGTERM'));
  console.log('paused leaders:', await pauses());
  console.log('commits of replaced leaders:', await fencedCommits(redis));
} finally {
  redis.disconnect();
  await server.stop();
}

/** From the signal to the first snapshot of the next leader, as a proxy sees it. */
async function takeOvers(signal: NodeJS.Signals): Promise<readonly number[]> {
  const took: number[] = [];
  let leader = await startController();
  for (let round = 0; round < ROUNDS; round += 1) {
    const standby = await startController();
    // Vary the phase relative to lease renewal.
    await sleep(Math.random() * 1_000);
    const epoch = await redis.get(keys.epoch);
    const watch = watchSnapshots(redis);
    const startedAtMs = performance.now();
    leader.signal(signal);
    while (!watch.seen.some((snapshot) => String(snapshot.epoch) !== epoch)) await sleep(5);
    took.push(Math.round(performance.now() - startedAtMs));
    await watch.stop();
    await leader.stop();
    leader = standby;
  }
  await leader.stop();
  return took;
}

async function pauses(): Promise<object> {
  let wentBack = 0;
  let oldEpochs = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const leader = await startController();
    const standby = await startController();
    const epoch = Number(await redis.get(keys.epoch));
    const watch = watchSnapshots(redis);
    leader.signal('SIGSTOP');
    await sleep(PAUSE_MS);
    const taken = watch.seen.length;
    leader.signal('SIGCONT');
    await sleep(2_000);
    await watch.stop();
    wentBack += watch.wentBack.length;
    oldEpochs += watch.seen.slice(taken).filter((snapshot) => snapshot.epoch === epoch).length;
    await leader.stop();
    await standby.stop();
  }
  return {
    rounds: ROUNDS,
    pauseMs: PAUSE_MS,
    snapshotsThatWentBack: wentBack,
    staleSnapshots: oldEpochs,
  };
}

/** Replaces each leader between its decision and its commit. */
async function fencedCommits(client: ReturnType<typeof createRedis>): Promise<object> {
  const answers: Record<string, number> = {};
  for (let round = 0; round < FENCED_COMMITS; round += 1) {
    await client.del(keys.lease);
    const paused = await acquireLease(client, 'paused');
    await client.del(keys.lease);
    await acquireLease(client, 'current');
    if (paused.status !== 'held') throw new Error('the lease was not free');
    const commit: Commit = { id: `c${round}`, writes: [{ place: 'operator', value: 'stale' }] };
    const leader = { id: 'paused', epoch: paused.epoch, knownVersion: 0 };
    const { status } = await writeCommit(client, leader, commit);
    answers[status] = (answers[status] ?? 0) + 1;
  }
  return answers;
}

async function startController(): Promise<ControllerProcess> {
  const controller = await ControllerProcess.start({ redisUrl: server.url });
  while (!(await controller.get('/api/state')).ok) await sleep(20);
  return controller;
}
