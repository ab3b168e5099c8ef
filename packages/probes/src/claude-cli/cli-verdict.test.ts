import { eventsOf } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it } from 'vitest';
import type { ProcessEnd } from '../process/run-process.ts';
import type { ObservedRequest } from '../request/watched-request.ts';
import { type CliEvidence, verdictOfCli } from './cli-verdict.ts';

const whole: ObservedRequest = {
  reached: 'answered',
  status: 200,
  contentType: 'text/event-stream',
  firstByteMs: 300,
  latencyMs: 400,
  silentMs: 0,
  body: eventsOf().join(''),
};
const good = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  result: 'pong',
  stop_reason: 'end_turn',
};

function verdict(changes: {
  readonly result?: object | string;
  readonly end?: ProcessEnd;
  readonly requests?: readonly ObservedRequest[];
}) {
  const { result = good, end = { kind: 'exited', code: 0 }, requests = [whole] } = changes;
  const stdout = typeof result === 'string' ? result : JSON.stringify(result);
  const evidence: CliEvidence = {
    report: { end, stdout, stderr: '', wallMs: 900 },
    requests,
    timeoutMs: 15_000,
    secrets: ['sk-canary-0123456789'],
  };
  return verdictOfCli(evidence);
}

describe('verdictOfCli', () => {
  it('passes a successful CLI, with the latency measured at the forwarder', () => {
    expect(verdict({})).toEqual({ status: 'ok', latencyMs: 400, firstByteMs: 300 });
  });

  it('adds up the requests that the CLI retried', () => {
    expect(verdict({ requests: [whole, whole] })).toMatchObject({
      latencyMs: 800,
      firstByteMs: 700,
    });
  });

  // Each of these has been mistaken for a success before.
  it.each([
    { name: 'exit code 0 without output (SIGINT)', result: '', failure: 'cli_crashed' },
    {
      name: 'subtype success with is_error',
      result: { ...good, is_error: true },
      failure: 'not_claude',
    },
    { name: 'an empty answer', result: { ...good, result: ' ' }, failure: 'not_claude' },
    {
      name: 'a stream that ended early',
      result: { ...good, stop_reason: null },
      failure: 'not_claude',
    },
    {
      name: 'another subtype',
      result: { ...good, subtype: 'error_max_turns' },
      failure: 'not_claude',
    },
  ])('refuses $name', ({ result, failure }) => {
    expect(verdict({ result })).toMatchObject({ status: 'failed', failure });
  });

  it('rejects a success that the forwarder has not seen', () => {
    expect(verdict({ requests: [] })).toMatchObject({ failure: 'cli_crashed' });
    const body = eventsOf().slice(0, 3).join('');
    const cut: ObservedRequest = { ...whole, reached: 'answering', errorCode: 'CUT', body };
    expect(verdict({ requests: [cut] })).toMatchObject({ status: 'failed', failure: 'timeout' });
  });

  it('blames the endpoint for its failure, whatever became of the CLI', () => {
    const overloaded: ObservedRequest = { ...whole, status: 529, body: '{}' };
    const end: ProcessEnd = { kind: 'died', signal: 'SIGSEGV' };
    expect(verdict({ end, requests: [overloaded] })).toMatchObject({ failure: 'overloaded' });
    expect(verdict({ end })).toMatchObject({ failure: 'cli_crashed' });
  });

  it('shows no secret', () => {
    const result = verdict({ result: 'Bearer sk-canary-0123456789 was refused' });
    expect(JSON.stringify(result)).not.toContain('canary');
  });
});
