/**
 * Whether a direct request shows the same about an endpoint as the Claude CLI. Some gateways accept only
 * what looks like Claude Code, so this is established by comparing both:
 *
 *     unknown --(CLI passed)--> comparing --(direct request passed soon after)--> direct_works
 *     comparing --(direct request failed, CLI passed, twice)--> cli_only
 *     direct_works --(direct request failed)--> comparing
 *     cli_only --(CLI passed, a while later)--> comparing
 *     comparing, direct_works --(CLI failed)--> unknown
 *
 * A failed direct request is deferred until the CLI has run: if the CLI passes, the endpoint only refuses
 * direct requests; if it fails too, both count.
 */
import type { FailureClass } from '@zephyr/contract/failure';
import type { ProbeResult, ProbeWants } from '@zephyr/contract/probe/probe';
import type { EpochMs } from '@zephyr/contract/scalars';

/** In `probing` of the policy. */
export interface DirectProbePolicy {
  /** A direct request is compared with the CLI if the CLI passed within this time. */
  readonly compareWithinMs: number;
  /** How many direct requests must fail while the CLI passes until only the CLI is used, and for how long. */
  readonly refusals: number;
  readonly recompareMs: number;
}

export const DIRECT_PROBE_NUMBERS: DirectProbePolicy = {
  compareWithinMs: 60_000,
  refusals: 2,
  recompareMs: 21_600_000,
};

/** A failed direct request that no CLI probe has confirmed or contradicted yet. */
export interface DeferredFailure {
  readonly failure: FailureClass;
  /** Redacted, at most `MAX_DETAIL_CHARACTERS`. */
  readonly detail: string;
}

export type DirectProbes =
  | { readonly status: 'unknown' }
  | {
      readonly status: 'comparing';
      /** Direct requests that failed while the CLI passed. */
      readonly refusals: number;
      readonly deferred: DeferredFailure | null;
    }
  | { readonly status: 'direct_works' }
  | { readonly status: 'cli_only'; readonly sinceAtMs: EpochMs };

/** What one endpoint's probes have shown about which probes work there. */
export interface ProbeRecord {
  readonly direct: DirectProbes;
  /** When the CLI last passed; null: never, or only under another URL or token. */
  readonly cliPassedAtMs: EpochMs | null;
  /** When the endpoint last got a probe of any style that requests an answer. */
  readonly askedAtMs: EpochMs | null;
}

export const NO_PROBE_RECORD: ProbeRecord = {
  direct: { status: 'unknown' },
  cliPassedAtMs: null,
  askedAtMs: null,
};

export interface RecordStep {
  readonly probe: Pick<ProbeResult, 'style' | 'verdict'>;
  readonly epochMs: EpochMs;
  readonly policy: DirectProbePolicy;
}

export interface JudgedProbe {
  readonly record: ProbeRecord;
  /** The failures that now count against the endpoint, oldest first; `deferred`: not even this one. */
  readonly counts: 'this' | 'deferred' | { readonly before: DeferredFailure };
}

/** The record after one more probe, and what counts. */
export function recordStyle(record: ProbeRecord, step: RecordStep): JudgedProbe {
  switch (step.probe.style) {
    case 'http':
    case 'tcp':
      return { record, counts: 'this' };
    case 'messages':
      return afterDirect({ ...record, askedAtMs: step.epochMs }, step);
    case 'cli':
    case 'cli-light':
      return afterCli({ ...record, askedAtMs: step.epochMs }, step);
  }
}

function afterDirect(record: ProbeRecord, { probe, epochMs, policy }: RecordStep): JudgedProbe {
  const { direct } = record;
  const { verdict } = probe;
  if (verdict.status === 'failed') {
    if (direct.status === 'unknown') return { record, counts: 'this' };
    if (direct.status === 'cli_only') return { record, counts: 'deferred' };
    const refusals = direct.status === 'comparing' ? direct.refusals : 0;
    const { failure, detail } = verdict;
    const deferred = { failure, detail };
    return {
      record: { ...record, direct: { status: 'comparing', refusals, deferred } },
      counts: 'deferred',
    };
  }
  if (direct.status !== 'comparing') return { record, counts: 'this' };
  const next: DirectProbes = isComparable(record, epochMs, policy)
    ? { status: 'direct_works' }
    : { ...direct, deferred: null };
  return { record: { ...record, direct: next }, counts: 'this' };
}

function afterCli(record: ProbeRecord, { probe, epochMs, policy }: RecordStep): JudgedProbe {
  const { direct } = record;
  if (probe.verdict.status === 'failed') {
    const deferred = direct.status === 'comparing' ? direct.deferred : null;
    const next: DirectProbes = direct.status === 'cli_only' ? direct : { status: 'unknown' };
    const counts = deferred === null ? 'this' : { before: deferred };
    return { record: { ...record, direct: next }, counts };
  }
  const next = afterPassedCli(direct, epochMs, policy);
  return { record: { ...record, direct: next, cliPassedAtMs: epochMs }, counts: 'this' };
}

function afterPassedCli(
  direct: DirectProbes,
  epochMs: EpochMs,
  policy: DirectProbePolicy,
): DirectProbes {
  switch (direct.status) {
    case 'unknown':
      return { status: 'comparing', refusals: 0, deferred: null };
    case 'comparing': {
      if (direct.deferred === null) return direct;
      const refusals = direct.refusals + 1;
      return refusals >= policy.refusals
        ? { status: 'cli_only', sinceAtMs: epochMs }
        : { status: 'comparing', refusals, deferred: null };
    }
    case 'direct_works':
      return direct;
    case 'cli_only':
      // Then one more refusal is enough.
      return epochMs - direct.sinceAtMs >= policy.recompareMs
        ? { status: 'comparing', refusals: policy.refusals - 1, deferred: null }
        : direct;
  }
}

function isComparable(
  { cliPassedAtMs }: ProbeRecord,
  epochMs: EpochMs,
  policy: DirectProbePolicy,
): boolean {
  return cliPassedAtMs !== null && epochMs - cliPassedAtMs <= policy.compareWithinMs;
}

/** What, besides its record, decides the next probe of an endpoint with style `auto`. */
export interface AskQuestion {
  readonly epochMs: EpochMs;
  readonly policy: DirectProbePolicy;
  /** Approximate time until the next probe. */
  readonly intervalMs: number;
  /** Something failed, or is recovering. */
  readonly isInDoubt: boolean;
  /** Maximum age of a passed CLI probe for now. */
  readonly cliMaxAgeMs: number;
  /** Interval of probes that request an answer: longer than `intervalMs` while idle. */
  readonly askEveryMs: number;
}

/** What the next probe must do: `real` is the CLI, `free` only opens a connection. */
export function nextAsk(record: ProbeRecord, question: AskQuestion): Exclude<ProbeWants, 'any'> {
  const { epochMs, policy, intervalMs, isInDoubt, cliMaxAgeMs, askEveryMs } = question;
  const { direct, cliPassedAtMs, askedAtMs } = record;
  if (direct.status === 'comparing') {
    return direct.deferred === null && isComparable(record, epochMs, policy) ? 'direct' : 'real';
  }
  if (isInDoubt || direct.status === 'unknown') return 'real';
  const ageThen = (atMs: EpochMs | null) =>
    atMs === null ? Number.POSITIVE_INFINITY : epochMs + intervalMs - atMs;
  if (ageThen(askedAtMs) < askEveryMs) return 'free';
  if (direct.status === 'cli_only' || ageThen(cliPassedAtMs) > cliMaxAgeMs) return 'real';
  return 'direct';
}
