/** One probe of one endpoint, in one of five styles. */

import type { ProbeStyle, ProbeVerdict } from '@zephyr/contract/probe/probe';
import type { AnswerUsage } from '@zephyr/contract/usage/usage';
import { assertNever, NO_USAGE } from '@zephyr/core';
import { systemClock } from '@zephyr/runtime/clock';
import { probeByCli } from './claude-cli/cli-probe.ts';
import { probeByHttp, probeByTcp } from './http-and-tcp-probes.ts';
import { probeByMessage } from './messages-probe.ts';
import type { ProbeRun, ProbeTarget } from './probe-target.ts';

export interface ProbeReport {
  readonly verdict: ProbeVerdict;
  /** What the endpoint reported as charged. */
  readonly usage: AnswerUsage;
  /** For the whole probe, including the start of the CLI. */
  readonly wallMs: number;
}

/** Never rejects because of the endpoint or the CLI. */
export async function runProbe(
  style: ProbeStyle,
  target: ProbeTarget,
  run: ProbeRun,
): Promise<ProbeReport> {
  const { clock = systemClock } = run;
  const startedAtMs = clock.nowMs();
  const report = await probe(style, target, run);
  return {
    usage: report.usage,
    verdict: rounded(report.verdict),
    wallMs: Math.round(clock.nowMs() - startedAtMs),
  };
}

async function probe(
  style: ProbeStyle,
  target: ProbeTarget,
  run: ProbeRun,
): Promise<Omit<ProbeReport, 'wallMs'>> {
  switch (style) {
    case 'cli':
    case 'cli-light':
      return await probeByCli(style, target, run);
    case 'messages':
      return await probeByMessage(target, run);
    case 'http':
      return { verdict: await probeByHttp(target, run), usage: NO_USAGE };
    case 'tcp':
      return { verdict: await probeByTcp(target, run), usage: NO_USAGE };
    default:
      return assertNever(style);
  }
}

/** Fractions of a millisecond are noise. */
function rounded(verdict: ProbeVerdict): ProbeVerdict {
  if (verdict.status === 'failed') return verdict;
  const { latencyMs, firstByteMs } = verdict;
  return {
    status: 'ok',
    latencyMs: Math.round(latencyMs),
    ...(firstByteMs === undefined ? {} : { firstByteMs: Math.round(firstByteMs) }),
  };
}
