/** One active check of one endpoint, in one of five styles. */
import type { ProbeStyle, ProbeVerdict, TokenUsage } from '@zephyr/contract/probe';
import { assertNever } from '@zephyr/core';

import { NO_USAGE } from './answer.ts';
import { checkByCli } from './cli-probe.ts';
import { checkByMessage } from './messages-probe.ts';
import type { CheckRun, CheckTarget } from './probe-target.ts';
import { checkByHttp, checkByTcp } from './reachability-probe.ts';

export interface CheckReport {
  readonly verdict: ProbeVerdict;
  /** What the endpoint said that it charged. */
  readonly usage: TokenUsage;
  /** Of the whole check, with the start of the CLI. */
  readonly wallMs: number;
}

/** Never rejects for what the endpoint or the CLI does. */
export async function runCheck(
  style: ProbeStyle,
  target: CheckTarget,
  run: CheckRun,
): Promise<CheckReport> {
  const startedAtMs = performance.now();
  const report = await check(style, target, run);
  return {
    usage: report.usage,
    verdict: rounded(report.verdict),
    wallMs: Math.round(performance.now() - startedAtMs),
  };
}

async function check(
  style: ProbeStyle,
  target: CheckTarget,
  run: CheckRun,
): Promise<Omit<CheckReport, 'wallMs'>> {
  switch (style) {
    case 'cli':
    case 'cli-light':
      return await checkByCli(style, target, run);
    case 'messages':
      return await checkByMessage(target, run.signal);
    case 'http':
      return { verdict: await checkByHttp(target, run.signal), usage: NO_USAGE };
    case 'tcp':
      return { verdict: await checkByTcp(target, run.signal), usage: NO_USAGE };
    default:
      return assertNever(style);
  }
}

/** Fractions of a millisecond are noise. */
function rounded(verdict: ProbeVerdict): ProbeVerdict {
  if (verdict.status === 'failed') return verdict;
  const { apiLatencyMs, ttftMs } = verdict;
  return {
    status: 'ok',
    apiLatencyMs: Math.round(apiLatencyMs),
    ...(ttftMs === undefined ? {} : { ttftMs: Math.round(ttftMs) }),
  };
}
