/** What a run of the CLI says about the endpoint. Pure. */
import type { ProbeVerdict } from '@zephyr/contract/probe/probe';
import { z } from 'zod';
import type { ProcessReport } from '../process/run-process.ts';
import { type ProbeFailure, requestFailure } from '../request/probe-failure.ts';
import { redact } from '../request/redact.ts';
import type { ObservedRequest } from '../request/watched-request.ts';

/** The last line that the CLI prints with `--output-format json`; other keys are not needed. */
const resultSchema = z.object({
  type: z.literal('result'),
  subtype: z.string(),
  is_error: z.boolean(),
  result: z.string().optional(),
  stop_reason: z.string().nullish(),
});
type CliResult = z.infer<typeof resultSchema>;

export interface CliEvidence {
  readonly report: ProcessReport;
  /** What the forwarder saw, in order. */
  readonly requests: readonly ObservedRequest[];
  readonly timeoutMs: number;
  /** Must not appear in a detail. */
  readonly secrets: readonly string[];
}

/**
 * `ok` only if the CLI reports success and the forwarder has seen the answer: its exit code is 0 even
 * after SIGINT, and its result has `subtype: success` even for errors.
 */
export function verdictOfCli(evidence: CliEvidence): ProbeVerdict {
  const { report, requests } = evidence;
  const result = parseResult(report.stdout);
  if (isContent(report, result)) {
    const measured = measure(requests);
    if (measured !== undefined) return { status: 'ok', ...measured };
  }
  const { failure, detail } = explain(evidence, result);
  return { status: 'failed', failure, detail: redact(detail, evidence.secrets) };
}

function isContent({ end }: ProcessReport, result: CliResult | undefined): boolean {
  return (
    end.kind === 'exited' &&
    end.code === 0 &&
    result?.is_error === false &&
    result.subtype === 'success' &&
    (result.result ?? '').trim() !== '' &&
    // Otherwise the stream ended early and the CLI took the partial answer for the whole.
    result.stop_reason === 'end_turn'
  );
}

/** The sum over all requests: if the CLI had to retry, the answer took that long. */
function measure(
  requests: readonly ObservedRequest[],
): { latencyMs: number; firstByteMs: number | undefined } | undefined {
  const last = requests.at(-1);
  if (last === undefined || last.reached !== 'answered' || last.latencyMs === undefined)
    return undefined;
  const before = requests
    .slice(0, -1)
    .reduce((sumMs, request) => sumMs + (request.latencyMs ?? 0), 0);
  return {
    latencyMs: before + last.latencyMs,
    firstByteMs: last.firstByteMs === undefined ? undefined : before + last.firstByteMs,
  };
}

function explain(evidence: CliEvidence, result: CliResult | undefined): ProbeFailure {
  const { report, requests } = evidence;
  // The endpoint's failure explains the CLI's, whatever the CLI did next.
  const failed = requests.flatMap((request) => {
    const failure = requestFailure(request);
    return failure === undefined ? [] : [{ ...failure, request }];
  });
  // A request that was cut before it reached the endpoint says less than the one before it.
  const last = failed.findLast(({ request }) => !isCutOnTheWay(request)) ?? failed.at(-1);
  if (last !== undefined) return last;
  const { end } = report;
  const hasAsked = requests.length > 0;
  switch (end.kind) {
    case 'not_started':
      return { failure: 'cli_missing', detail: `the Claude CLI did not start (${end.errorCode})` };
    case 'died':
      return { failure: 'cli_crashed', detail: `the Claude CLI was killed by ${end.signal}` };
    case 'killed':
      return { failure: 'cli_crashed', detail: killedDetail(end.why, evidence) };
    case 'exited':
      if (result === undefined)
        return {
          failure: 'cli_crashed',
          detail: `the Claude CLI exited with code ${end.code} without a result: ${outputOf(report)}`,
        };
      // It sent no request, so it says nothing about the endpoint.
      if (!hasAsked)
        return {
          failure: 'cli_crashed',
          detail: `the Claude CLI sent no request: ${result.result ?? result.subtype}`,
        };
      return {
        failure: 'not_claude',
        detail: `the Claude CLI rejected the answer: ${result.result || result.subtype}`,
      };
  }
}

function isCutOnTheWay({ reached, errorCode }: ObservedRequest): boolean {
  return reached === 'tunnelling' && errorCode === 'CUT';
}

function killedDetail(why: string, { requests, timeoutMs }: CliEvidence): string {
  if (why === 'output_limit') return 'the Claude CLI printed too much output and was killed';
  if (why === 'aborted') return 'the probe was interrupted';
  return requests.length === 0
    ? `the Claude CLI sent no request within ${timeoutMs / 1000} s: is this machine overloaded?`
    : `the Claude CLI got its answer but did not exit within ${timeoutMs / 1000} s`;
}

function outputOf({ stdout, stderr }: ProcessReport): string {
  return (stderr.trim() || stdout.trim() || 'it printed nothing').slice(0, 200);
}

function parseResult(stdout: string): CliResult | undefined {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  try {
    return resultSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
