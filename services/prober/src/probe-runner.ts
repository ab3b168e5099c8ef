/** One job of the queue: runs the probe that it requests, and writes the result to Redis. */
import { isDeepStrictEqual } from 'node:util';

import type { EndpointFinding } from '@zephyr/contract/probe/endpoint-finding';
import type {
  ConfiguredStyle,
  ProbeJob,
  ProbeResult,
  ProbeVerdict,
} from '@zephyr/contract/probe/probe';
import type { EndpointId } from '@zephyr/contract/scalars';
import {
  cautiousPriceOf,
  chooseStyle,
  costUsd,
  epochMs,
  type Policy,
  realStyleOf,
  scored,
} from '@zephyr/core';
import { targetOf } from '@zephyr/probes/endpoint-target';
import { runProbe } from '@zephyr/probes/probe';
import type { ProbeTarget } from '@zephyr/probes/probe-target';
import { type Config, groupOf, type HealthCheckConfig } from '@zephyr/runtime/config/config';
import { policyOf } from '@zephyr/runtime/config/derived/policy-of-config';
import type { LoadedConfig } from '@zephyr/runtime/config/read/load';
import { messageOf } from '@zephyr/runtime/errors';
import type { Logger } from '@zephyr/runtime/logger';
import { probeSlotOf } from '@zephyr/runtime/queue/probe-jobs';
import type { Freshness } from '@zephyr/runtime/redis/probe-store';
import {
  isProbeFresh,
  isProbeRecorded,
  nextProbeSequence,
  type RecordAnswer,
  recordProbe,
} from '@zephyr/runtime/redis/probe-store';
import { recordProbeUsage } from '@zephyr/runtime/redis/probe-usage';
import type { Redis } from 'ioredis';

import { keepTrying } from './keep-trying.ts';
import type { ProberMetrics } from './metrics.ts';
import { runSurvey, type SurveyRunnerDeps } from './survey-runner.ts';

export interface RunnerDeps extends SurveyRunnerDeps {
  readonly log: Logger;
  readonly metrics: ProberMetrics;
  /** An endpoint of this group refused its token. */
  readonly tokenRefused: (groupName: string) => void;
}

/** Result of a job; kept by the queue for inspection. */
export type JobAnswer =
  | RecordAnswer
  /** Redis was away too long, before or after the probe. */
  | 'dropped'
  /** This prober's configuration does not contain the endpoint (any more). */
  | 'unknown_endpoint'
  /** URL or token changed during the probe, so the result says nothing about the current configuration. */
  | 'outdated'
  /** The prober is stopping; another one, or the next interval, has to run it. */
  | 'interrupted';

export interface RunnerJob {
  readonly id: string;
  readonly data: ProbeJob;
}

export async function runProbeJob(
  job: RunnerJob,
  deps: RunnerDeps,
  signal: AbortSignal,
): Promise<JobAnswer | EndpointFinding> {
  const { endpointId, trigger } = job.data;
  if (trigger === 'survey') return await runSurvey({ jobId: job.id, endpointId }, deps, signal);
  const plan = planOf(endpointId, deps.loaded());
  if (plan === undefined) return 'unknown_endpoint';
  const slot = probeSlotOf(endpointId, job.id);
  const { clock } = deps;
  const gaveUp = (error: unknown) => {
    deps.log.warn({ endpointId, why: messageOf(error) }, 'result dropped');
  };
  const patience = { clock, signal, gaveUp };
  // The queue may be reconnected before our own connection is.
  const before = await keepTrying(() => lookUp(deps.redis, endpointId, slot), patience);
  if (before === undefined) return signal.aborted ? 'interrupted' : 'dropped';
  if (before.isRecorded) return 'duplicate';
  const { sequence, isRealFresh } = before;
  const style = chooseStyle({
    configured: plan.configured,
    cheap: plan.healthCheck.cheapStyle,
    spending: job.data.spending,
    isRealFresh,
    wants: job.data.wants,
  });
  const startedAtMs = epochMs(clock.epochMs());
  const report = await runProbe(style, plan.target, {
    ...{ signal, clock, gate: deps.gate, users: deps.users },
  });
  if (signal.aborted) return 'interrupted';
  const isOutdated = !isSameTarget(plan, planOf(endpointId, deps.loaded()));
  if (!isOutdated) noteRefusal(report.verdict, plan, deps);

  const result: ProbeResult = {
    ...{ endpointId, slot, sequence, style, startedAtMs },
    wallMs: report.wallMs,
    verdict: report.verdict,
    usage: report.usage,
    costUsd:
      costUsd(report.usage, cautiousPriceOf(plan.target.model, plan.prices)) * plan.usdFactor,
  };
  observe(result, deps);
  const freshness = freshnessOf(result, plan);
  const record = async (): Promise<JobAnswer> => {
    const sentAtMs = clock.nowMs();
    const people = deps.loaded().config.clients.length;
    await recordProbeUsage(deps.redis, { result, model: plan.healthCheck.model, people });
    if (isOutdated) return 'outdated';
    const taken = await recordProbe(deps.redis, scored(result, plan.policy), freshness);
    deps.metrics.redis.observe((clock.nowMs() - sentAtMs) / 1000);
    return taken;
  };
  const answer = await keepTrying(record, patience);
  deps.metrics.recorded.inc({ answer: answer ?? 'dropped' });
  return answer ?? 'dropped';
}

interface EarlierProbes {
  /** The job ran before, on a prober that died after writing: no tokens are spent twice. */
  readonly isRecorded: boolean;
  readonly sequence: number;
  readonly isRealFresh: boolean;
}

async function lookUp(redis: Redis, endpointId: EndpointId, slot: string): Promise<EarlierProbes> {
  return {
    isRecorded: await isProbeRecorded(redis, slot),
    sequence: await nextProbeSequence(redis, endpointId),
    isRealFresh: await isProbeFresh(redis, endpointId),
  };
}

interface ProbeSetup {
  readonly groupName: string;
  readonly target: ProbeTarget;
  /** Of its group, with the model as named there; `target` has the endpoint's own name. */
  readonly healthCheck: HealthCheckConfig;
  readonly configured: ConfiguredStyle;
  readonly prices: Config['prices'];
  readonly usdFactor: number;
  readonly policy: Policy;
}

function planOf(id: EndpointId, loaded: LoadedConfig): ProbeSetup | undefined {
  const { config } = loaded;
  const endpoint = config.endpoints.find((candidate) => candidate.id === id);
  if (endpoint === undefined) return undefined;
  const { healthCheck } = groupOf(config, endpoint);
  const { target, style } = targetOf(loaded, endpoint);
  return {
    groupName: endpoint.groupName,
    ...{ target, healthCheck },
    configured: style,
    prices: config.prices,
    usdFactor: endpoint.usdFactor,
    policy: policyOf(config),
  };
}

function isSameTarget({ target }: ProbeSetup, now: ProbeSetup | undefined): boolean {
  const { baseUrl, headers } = target;
  return now?.target.baseUrl === baseUrl && isDeepStrictEqual(now.target.headers, headers);
}

function noteRefusal(verdict: ProbeVerdict, { groupName }: ProbeSetup, deps: RunnerDeps): void {
  const isRefused = verdict.status === 'failed' && verdict.failure === 'token_refused';
  if (isRefused) deps.tokenRefused(groupName);
}

function freshnessOf({ verdict, style }: ProbeResult, plan: ProbeSetup): Freshness {
  if (verdict.status === 'failed') return { kind: 'stale' };
  return style === realStyleOf(plan.configured)
    ? { kind: 'fresh', forMs: plan.healthCheck.realIntervalMs }
    : { kind: 'unchanged' };
}

function observe(result: ProbeResult, { metrics, log }: RunnerDeps): void {
  const { endpointId: endpoint, style, verdict, usage } = result;
  const outcome = verdict.status === 'ok' ? 'ok' : verdict.failure;
  metrics.results.inc({ endpoint, style, outcome });
  metrics.wall.observe({ endpoint, style }, result.wallMs / 1000);
  if (verdict.status === 'ok')
    metrics.latency.observe({ endpoint, style }, verdict.latencyMs / 1000);
  metrics.tokens.inc({ endpoint, kind: 'input' }, usage.inputTokens);
  metrics.tokens.inc({ endpoint, kind: 'output' }, usage.outputTokens);
  metrics.tokens.inc({ endpoint, kind: 'cache_read' }, usage.cacheReadTokens);
  metrics.tokens.inc({ endpoint, kind: 'cache_write' }, usage.cacheWriteTokens);
  metrics.usd.inc({ endpoint }, result.costUsd);
  const line = { endpointId: endpoint, style };
  if (verdict.status === 'ok')
    log.info({ ...line, latencyMs: Math.round(verdict.latencyMs) }, 'probe passed');
  else log.info({ ...line, failure: verdict.failure, detail: verdict.detail }, 'probe failed');
}
