/**
 * `zephyr test-timing`: do probes run on time? Watches the running system; without one, it runs the
 * configured schedule on a private Redis, with probes that do nothing.
 */

import { loadConfig } from '@zephyr/runtime/config/read/load';
import type { Environment } from '@zephyr/runtime/environment';
import { EXIT } from '@zephyr/runtime/errors';
import type { Translate } from '@zephyr/texts';

import { type AdminOptions, type AdminSession, openSession } from '../../../admin/admin-session.ts';
import { renderTable } from '../../../output/table.ts';
import { runPrivateSchedule } from './private-schedule.ts';
import { type EndpointTiming, type TimedProbe, TOLERATED_MS, timingOf } from './verdict.ts';
import { watchSchedule } from './watched-schedule.ts';

export interface TestTimingOptions extends AdminOptions {
  readonly seconds: number;
}

export interface TestTimingCall {
  readonly options: TestTimingOptions;
  readonly environment: Environment;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

interface MeasuredTimings {
  readonly what: 'running system' | 'private schedule';
  /** The same as text. */
  readonly heading: string;
  readonly timings: readonly EndpointTiming[];
}

/** Several probes of each endpoint must fit into the time. */
const PROBES_IN_PRIVATE_RUN = 6;

export async function testTiming(
  call: TestTimingCall,
): Promise<{ text: string; exitCode: number }> {
  const session = openSession(call.options, call.environment);
  const { say } = session;
  const measured = (await measureRunning(call, session)) ?? (await measurePrivate(call, say));
  const seen = measured.timings.reduce((sum, { probes }) => sum + probes, 0);
  const isOnTime = seen > 0 && measured.timings.every((timing) => timing.isOnTime);
  const text =
    call.options.json === true
      ? JSON.stringify({ ok: isOnTime, ...measured }, null, 2)
      : render(measured, { isOnTime, seen, say });
  return { text, exitCode: isOnTime ? EXIT.ok : EXIT.failure };
}

/** Undefined if no controller answers. */
async function measureRunning(
  { options, progress, signal }: TestTimingCall,
  { client, say }: AdminSession,
): Promise<MeasuredTimings | undefined> {
  try {
    await client.state();
  } catch (error) {
    if (options.url !== undefined) throw error;
    return undefined;
  }
  const heading = say('timing.watching', { url: client.url, seconds: options.seconds });
  progress(heading);
  const { probes, due } = await watchSchedule({
    client,
    forMs: options.seconds * 1000,
    onProbe: (probe) => progress(line(probe, say)),
    signal,
  });
  const timings = [...due].map(([name, expected]) => timingOf(name, probes, expected));
  return { what: 'running system', heading, timings };
}

async function measurePrivate(
  { options, environment, progress, signal }: TestTimingCall,
  say: Translate,
): Promise<MeasuredTimings> {
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
    Math.min(configured, Math.floor(forMs / PROBES_IN_PRIVATE_RUN)),
  );
  const interval = intervalMs / 1000;
  const heading = say('timing.private', { interval, seconds: options.seconds });
  progress(heading);
  const probes = await runPrivateSchedule({
    ...{ endpoints, intervalMs, forMs, signal },
    onProbe: (probe) => progress(line(probe, say)),
  });
  // The first may start one interval late, and the end may cut off the last.
  const expected = Math.floor(forMs / intervalMs) - 1;
  return {
    what: 'private schedule',
    heading,
    timings: endpoints.map((name) => timingOf(name, probes, expected)),
  };
}

function line({ endpoint, plannedAtMs, startedAtMs }: TimedProbe, say: Translate): string {
  return say('timing.probe', { name: endpoint, ms: startedAtMs - plannedAtMs });
}

interface TimingResult {
  readonly isOnTime: boolean;
  /** All probes. */
  readonly seen: number;
  readonly say: Translate;
}

function render(
  { heading, timings }: MeasuredTimings,
  { isOnTime, seen, say }: TimingResult,
): string {
  const rows = timings.map((timing) => [
    ...[timing.endpoint, String(timing.probes), String(timing.expected)],
    ...[`${timing.meanErrorMs} ms`, `${timing.maxErrorMs} ms`],
    say(timing.isOnTime ? 'timing.onTime' : 'timing.late'),
  ]);
  const head = (['probes', 'expected', 'mean', 'max'] as const).map((column) =>
    say(`timing.column.${column}`),
  );
  const table = `${heading}\n\n${renderTable([say('column.endpoint'), ...head, ''], rows)}`;
  const seconds = TOLERATED_MS / 1000;
  if (seen === 0) return `${table}\n\n${say('timing.nothing')}`;
  return `${table}\n\n${say(isOnTime ? 'timing.passed' : 'timing.failed', { seconds })}`;
}
