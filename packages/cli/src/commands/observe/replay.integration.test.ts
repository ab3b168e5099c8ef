/** `zephyr replay` of the decisions of a real controller on a real Redis. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProbeVerdict } from '@zephyr/contract/probe/probe';
import type { EndpointId } from '@zephyr/contract/scalars';
import { endpointId, epochMs } from '@zephyr/core';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { nextProbeSequence, recordProbe } from '@zephyr/runtime/redis/probe-store';
import { eventually } from '@zephyr/testkit/eventually';
import { startTestRedis, type TestRedis } from '@zephyr/testkit/redis';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ControllerProcess } from '../../../../../services/controller/src/test-support/controller-process.ts';
import { type ReplayOptions, replay } from './replay.ts';

const IDS = ['one', 'two', 'three'].map(endpointId);
const SEED = 20_261_123;
/** Enough for failures, recoveries and commands of each kind. */
const EVENTS = 150;

let server: TestRedis;
let redis: Redis;
let controller: ControllerProcess;
let folder: string;

async function startController(): Promise<void> {
  controller = await ControllerProcess.start({
    redisUrl: server.url,
    endpointNames: ['One', 'Two', 'Three'],
  });
  await eventually(async () => {
    expect((await controller.state()).leadership.status).toBe('leading');
  });
}

/** Mulberry32: the same numbers from the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function probe(id: EndpointId, verdict: ProbeVerdict): Promise<void> {
  const sequence = await nextProbeSequence(redis, id);
  await recordProbe(redis, {
    ...{ endpointId: id, sequence, verdict, slot: `${id}:${sequence}`, style: 'cli' },
    ...{ startedAtMs: epochMs(Date.now()), wallMs: 1_000, costUsd: 0.001 },
    usage: { inputTokens: 10, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
    score: { status: 'unknown', failureMs: 0 },
  });
}

async function proxyReports(id: EndpointId, random: () => number): Promise<void> {
  const failed = random() < 0.3 ? { reset: 2, overloaded: 1 } : {};
  const outcomes = {
    proxyId: 'p',
    endpoints: {
      [id]: { succeeded: 3, failed, ttft: [{ class: 'sonnet/s/fresh', ms: random() * 900 }] },
    },
  };
  await redis.xadd(keys.outcomes, '*', 'json', JSON.stringify(outcomes));
  const presence = {
    ...{ proxyId: 'p', status: 'serving', startedAtMs: 1, snapshot: null, configHash: 'x' },
    activeRequests: { [id]: Math.floor(random() * 3) },
    ejections:
      random() < 0.2 ? { [id]: { status: 'ejected', failure: 'reset', remainingMs: 2_000 } } : {},
    sessions: { [id]: { active: 2, cachedTokens: { opus: 40_000.5 } } },
  };
  await redis.sadd(keys.proxies, 'p');
  await redis.set(keys.proxy('p'), JSON.stringify(presence), 'PX', 5_000);
}

async function somethingHappens(random: () => number): Promise<void> {
  const id = IDS[Math.floor(random() * IDS.length)] ?? endpointId('one');
  const kind = random();
  if (kind < 0.35) await probe(id, { status: 'ok', latencyMs: 200 + random() * 1_500 });
  else if (kind < 0.6) await probe(id, { status: 'failed', failure: 'reset', detail: 'reset' });
  else if (kind < 0.9) await proxyReports(id, random);
  else if (kind < 0.94) await controller.command('pin', { endpointId: id, force: true });
  else if (kind < 0.97) await controller.command('unpin', {});
  else if (kind < 0.98) await controller.command('disable', { endpointId: id });
  else await controller.command('enable', { endpointId: id });
}

/** An operator pins endpoints while all are healthy; then the active one fails its probes. */
async function anEndpointFails(): Promise<void> {
  for (const id of IDS) await probe(id, { status: 'ok', latencyMs: 500 });
  await controller.command('pin', { endpointId: 'three' });
  await controller.command('pin', { endpointId: 'one' });
  await controller.command('unpin', {});
  for (let count = 0; count < 3; count += 1) {
    await probe(endpointId('one'), { status: 'failed', failure: 'reset', detail: 'reset' });
  }
  await eventually(async () => {
    expect((await controller.state()).selection).toMatchObject({ reason: 'active_failed' });
  });
}

async function replayed(options: Partial<ReplayOptions> = {}) {
  const given = {
    config: join(folder, 'none.toml'),
    envFile: '',
    language: 'en',
  } as const;
  const url = `http://127.0.0.1:${controller.port}`;
  return replay({
    options: { ...given, ...(options.file === undefined ? { url } : {}), ...options },
    environment: {},
    hasOtherConfig: options.config !== undefined,
  });
}

interface Outcome {
  readonly isExact: boolean;
  readonly recorded: { readonly number: number; readonly reason: string }[];
  readonly replayed: { readonly reason: string }[];
}

async function outcomeOf(options: Partial<ReplayOptions> = {}): Promise<Outcome> {
  return JSON.parse((await replayed({ ...options, json: true })).text) as Outcome;
}

describe('zephyr replay', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-replay-'));
    server = await startTestRedis();
    redis = createRedis({ url: server.url }, createLogger('test', 'silent'), 'blocking');
    await startController();
    await anEndpointFails();
    const random = randomFrom(SEED);
    for (let count = 0; count < EVENTS; count += 1) {
      if (count === EVENTS / 3) {
        await controller.stop();
        await startController();
      }
      if (count === (2 * EVENTS) / 3) {
        const extraConfig = '[server]\nswitch_threshold_ms = 75';
        const names = ['One', 'Two', 'Three'];
        controller.writeConfig({ redisUrl: server.url, endpointNames: names, extraConfig });
        expect(await controller.command('reload')).toMatchObject({ status: 200 });
      }
      await somethingHappens(random);
    }
    // Everything has been read before this command is answered.
    for (const id of IDS) await controller.command('enable', { endpointId: id });
    for (const id of IDS) await controller.command('pin', { endpointId: id, force: true });
  });

  afterAll(async () => {
    await controller.stop();
    redis.disconnect();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it('decides exactly the same again: over a restart and a changed configuration', async () => {
    const file = join(folder, 'recording.jsonl');
    const { text, exitCode } = await replayed({ save: file });
    expect(text).toContain('Replayed with the recorded settings: identical.');
    expect(exitCode).toBe(0);
    const { recorded, isExact } = await outcomeOf({ file });
    expect(isExact).toBe(true);
    const reasons = recorded.map(({ reason }) => reason);
    expect(reasons).toEqual(expect.arrayContaining(['active_failed', 'operator_pinned']));
    // The event log and the recording contain the same decisions.
    const answer = await (await controller.get('/api/decisions')).json();
    const { decisions } = answer as { decisions: { number: number }[] };
    expect(recorded.map(({ number }) => number)).toEqual(
      decisions.map(({ number }) => number).toReversed(),
    );
    const segments = readFileSync(file, 'utf8').split('"format":"zephyr-recording"').length - 1;
    expect(segments).toBe(3);
  });

  it('shows the part from one decision on, as the dashboard proposes it', async () => {
    const { recorded } = await outcomeOf();
    const number = recorded[3]?.number ?? expect.unreachable();
    const part = await outcomeOf({ from: number });
    expect(part.isExact).toBe(true);
    expect(part.recorded).toEqual(recorded.slice(3));
    await expect(outcomeOf({ from: 1_000_000 })).rejects.toMatchObject({
      message: 'decision 1000000 is not in the recording',
      advice: ['the recording begins with decision 1'],
    });
  });

  it('shows what other settings would have decided', async () => {
    const usual = await outcomeOf();
    const patient = await outcomeOf({ set: ['health.fall=1000'] });
    expect(patient.isExact).toBe(true);
    expect(patient.recorded).toEqual(usual.recorded);
    expect(patient.replayed).not.toEqual(usual.replayed);
    const { text } = await replayed({ set: ['health.fall=1000'] });
    expect(text).toMatch(/Replayed with health\.fall=1000: \d+ decisions?, \d+ as recorded\./);
    expect(text).toMatch(/Time +Recorded +Replayed +Gain/);
    expect(text).toMatch(/Three → One: pinned manually +the same/);
  });

  it('reads other settings from a configuration file', async () => {
    const config = join(folder, 'other.toml');
    const tables = '[server]\nswitch_threshold_ms = 50\n[[groups]]\nname = "team"';
    writeFileSync(
      config,
      `${tables}\nauth_token_env = "TEAM_TOKEN"\nendpoints = [{ url = "https://a.example", name = "A" }]`,
    );
    const file = join(folder, 'again.jsonl');
    await replayed({ save: file });
    const { text } = await replay({
      options: { config, envFile: '', language: 'zh', file },
      environment: { TEAM_TOKEN: 'sk-some-token-of-the-test' },
      hasOtherConfig: true,
    });
    expect(text).toContain(`按 ${config} 重放`);
  });

  it('fails if the same settings do not give the same decisions', async () => {
    const file = join(folder, 'forged.jsonl');
    await replayed({ save: file });
    const forged = readFileSync(file, 'utf8').replace('"operator_pinned"', '"faster"');
    writeFileSync(file, forged);
    const { text, exitCode } = await replayed({ file });
    expect(text).toContain('NOT identical');
    expect(exitCode).toBe(1);
  });

  it.each([
    { name: 'is no recording', content: 'hello\n', code: 'BAD_RECORDING' },
    { name: 'is empty', content: '', code: 'NO_RECORDING' },
  ])('rejects a file that $name', async ({ content, code }) => {
    const file = join(folder, 'bad.jsonl');
    writeFileSync(file, content);
    await expect(replayed({ file })).rejects.toMatchObject({ code });
  });
});
