/**
 * `zephyr test-timing`: are checks on time? Watches the running system; without one it runs the
 * schedule of the configuration on a private Redis, with checks that do nothing.
 */
import { loadConfig } from '@zephyr/runtime/config/load';
import { EXIT } from '@zephyr/runtime/errors';

import type { Environment } from '../launch/state-folder.ts';
import { renderTable } from '../table.ts';
import { runPrivateSchedule } from '../timing/private-schedule.ts';
import { type EndpointTiming, type TimedCheck, TOLERATED_MS, timingOf } from '../timing/verdict.ts';
import { watchSchedule } from '../timing/watched-schedule.ts';
import { type AdminOptions, openSession } from './admin-session.ts';

export interface TestTimingOptions extends AdminOptions {
  readonly seconds: number;
}

export interface TestTimingCall {
  readonly options: TestTimingOptions;
  readonly environment: Environment;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

interface Measured {
  readonly what: 'running system' | 'private schedule';
  readonly timings: readonly EndpointTiming[];
}

/** Several checks of each endpoint have to fit into the time. */
const CHECKS_IN_PRIVATE_RUN = 6;

export async function testTiming(
  call: TestTimingCall,
): Promise<{ text: string; exitCode: number }> {
  const measured = (await measureRunning(call)) ?? (await measurePrivate(call));
  const seen = measured.timings.reduce((sum, { checks }) => sum + checks, 0);
  const isOnTime = seen > 0 && measured.timings.every((timing) => timing.isOnTime);
  const text =
    call.options.json === true
      ? JSON.stringify({ ok: isOnTime, ...measured }, null, 2)
      : render(measured, { isOnTime, seen });
  return { text, exitCode: isOnTime ? EXIT.ok : EXIT.failure };
}

/** Undefined where no controller answers. */
async function measureRunning(call: TestTimingCall): Promise<Measured | undefined> {
  const { options, environment, progress, signal } = call;
  const { client } = openSession(options, environment);
  try {
    await client.state();
  } catch (error) {
    if (options.url !== undefined) throw error;
    return undefined;
  }
  progress(`watching the checks of ${client.url} for ${options.seconds} s…`);
  const { checks, due } = await watchSchedule({
    client,
    forMs: options.seconds * 1000,
    onCheck: (check) => progress(line(check)),
    signal,
  });
  const timings = [...due].map(([name, expected]) => timingOf(name, checks, expected));
  return { what: 'running system', timings };
}

async function measurePrivate(call: TestTimingCall): Promise<Measured> {
  const { options, environment, progress, signal } = call;
  const { config } = loadConfig({
    configPath: options.config,
    envFilePath: options.envFile,
    environment,
  });
  const endpoints = config.endpoints.map(({ name }) => name);
  const forMs = options.seconds * 1000;
  const configured = Math.min(...config.groups.map(({ healthCheck }) => healthCheck.intervalMs));
  const intervalMs = Math.max(
    1_000,
    Math.min(configured, Math.floor(forMs / CHECKS_IN_PRIVATE_RUN)),
  );
  progress(
    `no running system: a private schedule with a check of each endpoint every ${intervalMs / 1000} s, for ${options.seconds} s…`,
  );
  const checks = await runPrivateSchedule({
    ...{ endpoints, intervalMs, forMs, signal },
    onCheck: (check) => progress(line(check)),
  });
  // The first may come an interval after the start, and the last be cut off by the end.
  const expected = Math.floor(forMs / intervalMs) - 1;
  return {
    what: 'private schedule',
    timings: endpoints.map((name) => timingOf(name, checks, expected)),
  };
}

function line({ endpoint, plannedAtMs, startedAtMs }: TimedCheck): string {
  return `${endpoint}: ${startedAtMs - plannedAtMs} ms after its moment`;
}

function render(
  { what, timings }: Measured,
  { isOnTime, seen }: { readonly isOnTime: boolean; readonly seen: number },
): string {
  const rows = timings.map(
    ({ endpoint, checks, expected, meanErrorMs, maxErrorMs, isOnTime: ok }) => [
      ...[endpoint, String(checks), String(expected)],
      ...[`${meanErrorMs} ms`, `${maxErrorMs} ms`, ok ? 'on time' : 'LATE OR MISSING'],
    ],
  );
  const table = renderTable(
    ['endpoint', 'checks', 'expected', 'mean error', 'max error', ''],
    rows,
  );
  const limit = `within ${TOLERATED_MS / 1000} s of its moment`;
  if (seen === 0) return `${table}\n\nFAILED: no check was seen (${what}); try more --seconds.`;
  return `${table}\n\n${isOnTime ? `PASSED: each check was ${limit}` : `FAILED: not each check was ${limit}`} (${what}).`;
}
