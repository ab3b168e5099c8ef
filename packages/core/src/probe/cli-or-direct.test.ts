import type { FailureClass } from '@zephyr/contract/failure';
import type { ProbeStyle } from '@zephyr/contract/probe/probe';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { epochMs } from '../types.ts';
import {
  type AskQuestion,
  DIRECT_PROBE_NUMBERS,
  NO_PROBE_RECORD,
  nextAsk,
  type ProbeRecord,
  recordStyle,
} from './cli-or-direct.ts';

const policy = DIRECT_PROBE_NUMBERS;
const SECOND = 1_000;
const HOUR = 3_600_000;

type ProbeSeen = readonly [style: ProbeStyle, result: 'ok' | FailureClass, afterMs?: number];

/** The record and what counted, after each of these in sequence. */
function after(seen: readonly ProbeSeen[], from: ProbeRecord = NO_PROBE_RECORD) {
  let [record, nowMs] = [from, 0];
  const counts = seen.map(([style, result, afterMs = 5 * SECOND]) => {
    nowMs += afterMs;
    const verdict =
      result === 'ok'
        ? { status: result, latencyMs: 500 }
        : { status: 'failed' as const, failure: result, detail: 'why' };
    const step = recordStyle(record, {
      probe: { style, verdict },
      epochMs: epochMs(nowMs),
      policy,
    });
    record = step.record;
    return step.counts;
  });
  return { record, counts, epochMs: nowMs };
}

const works: readonly ProbeSeen[] = [
  ['cli', 'ok'],
  ['messages', 'ok'],
];
const refused: readonly ProbeSeen[] = [
  ['messages', 'forbidden'],
  ['cli', 'ok'],
];
const cliOnly: readonly ProbeSeen[] = [['cli', 'ok'], ...refused, ...refused];

describe('recordStyle', () => {
  it.each<{ name: string; seen: readonly ProbeSeen[]; status: string }>([
    { name: 'nothing is known at first', seen: [], status: 'unknown' },
    { name: 'a direct request alone shows nothing', seen: [['messages', 'ok']], status: 'unknown' },
    { name: 'a passed CLI is to be compared', seen: [['cli', 'ok']], status: 'comparing' },
    { name: 'a failed CLI is not', seen: [['cli', 'connection_refused']], status: 'unknown' },
    { name: 'both passed', seen: works, status: 'direct_works' },
    {
      name: 'both passed, but an hour apart',
      seen: [
        ['cli', 'ok'],
        ['messages', 'ok', HOUR],
      ],
      status: 'comparing',
    },
    {
      name: 'both passed, just soon enough',
      seen: [
        ['cli', 'ok'],
        ['messages', 'ok', policy.compareWithinMs],
      ],
      status: 'direct_works',
    },
    {
      name: 'a CLI that passes again is no refusal',
      seen: [['cli', 'ok'], ['cli', 'ok'], ['cli', 'ok'], ...refused],
      status: 'comparing',
    },
    { name: 'one refusal may be chance', seen: [['cli', 'ok'], ...refused], status: 'comparing' },
    { name: 'two refusals while the CLI passes', seen: cliOnly, status: 'cli_only' },
    {
      name: 'an endpoint that starts to refuse is compared again',
      seen: [...works, ['messages', 'forbidden']],
      status: 'comparing',
    },
    {
      name: 'and then keeps the CLI',
      seen: [...works, ...refused, ...refused],
      status: 'cli_only',
    },
    {
      name: 'a single blip of a direct request',
      seen: [...works, ...refused, ['messages', 'ok']],
      status: 'direct_works',
    },
    {
      name: 'a failed CLI ends what was shown',
      seen: [...works, ['cli', 'reset']],
      status: 'unknown',
    },
    { name: 'but not a refusal', seen: [...cliOnly, ['cli', 'reset']], status: 'cli_only' },
    {
      name: 'it is not soon compared again',
      seen: [...cliOnly, ['cli', 'ok', HOUR]],
      status: 'cli_only',
    },
    {
      name: 'nor soon after a long life',
      seen: [['cli', 'ok', policy.recompareMs], ...refused, ...refused, ['cli', 'ok', HOUR]],
      status: 'cli_only',
    },
    {
      name: 'nor because a direct request now passes',
      seen: [...cliOnly, ['messages', 'ok']],
      status: 'cli_only',
    },
    {
      name: 'nor because one fails',
      seen: [...cliOnly, ['messages', 'forbidden']],
      status: 'cli_only',
    },
    {
      name: 'a failed direct request alone shows nothing',
      seen: [['messages', 'forbidden']],
      status: 'unknown',
    },
    {
      name: 'it is compared hours later',
      seen: [...cliOnly, ['cli', 'ok', policy.recompareMs]],
      status: 'comparing',
    },
    {
      name: 'and then one refusal is enough',
      seen: [...cliOnly, ['cli', 'ok', policy.recompareMs], ...refused],
      status: 'cli_only',
    },
    {
      name: 'and one that starts to accept is noticed',
      seen: [...cliOnly, ['cli', 'ok', policy.recompareMs], ['messages', 'ok']],
      status: 'direct_works',
    },
    {
      name: 'free probes show nothing',
      seen: [...works, ['tcp', 'connection_refused']],
      status: 'direct_works',
    },
  ])('$name: $status', ({ seen, status }) => {
    expect(after(seen).record.direct.status).toBe(status);
  });

  it('defers the failure of a direct request until the CLI has run', () => {
    const deferred = { failure: 'reset', detail: 'why' };
    expect(
      after([...works, ['messages', 'reset'], ['cli', 'connection_refused']]).counts.slice(2),
    ).toEqual(['deferred', { before: deferred }]);
    expect(after([...works, ['messages', 'reset'], ['cli', 'ok']]).counts.slice(2)).toEqual([
      'deferred',
      'this',
    ]);
  });

  it.each<{ name: string; seen: readonly ProbeSeen[]; counts: 'this' | 'deferred' }>([
    { name: 'direct request before any comparison', seen: [['messages', 'reset']], counts: 'this' },
    {
      name: 'direct request that is known to be refused',
      seen: [...cliOnly, ['messages', 'reset']],
      counts: 'deferred',
    },
    {
      name: 'CLI with nothing deferred',
      seen: [
        ['cli', 'ok'],
        ['cli', 'reset'],
      ],
      counts: 'this',
    },
    { name: 'CLI where direct requests work', seen: [...works, ['cli', 'reset']], counts: 'this' },
  ])('counts a failed $name: $counts', ({ seen, counts }) => {
    expect(after(seen).counts.at(-1)).toBe(counts);
  });

  it('never lets a refused direct request count while the CLI passes', () => {
    const step = fc.constantFrom<ProbeSeen>(
      ['messages', 'forbidden'],
      ['messages', 'server_error'],
      ['cli', 'ok'],
    );
    fc.assert(
      fc.property(fc.array(step), (seen) => {
        const { counts } = after([['cli', 'ok'], ...seen]);
        for (const [index, [style]] of seen.entries()) {
          expect(counts[index + 1]).toBe(style === 'cli' ? 'this' : 'deferred');
        }
      }),
    );
  });
});

describe('nextAsk', () => {
  const usual: AskQuestion = {
    ...{ epochMs: epochMs(10 * SECOND), policy, intervalMs: 60 * SECOND, isInDoubt: false },
    ...{ cliMaxAgeMs: HOUR, askEveryMs: 60 * SECOND },
  };
  const ask = (seen: readonly ProbeSeen[], changes: Partial<AskQuestion> = {}) => {
    const { record, epochMs: nowMs } = after(seen);
    return nextAsk(record, { ...usual, epochMs: epochMs(nowMs), ...changes });
  };

  it.each<{
    name: string;
    seen: readonly ProbeSeen[];
    changes?: Partial<AskQuestion>;
    wants: string;
  }>([
    { name: 'at the start', seen: [], wants: 'real' },
    {
      name: 'until the CLI has passed, even while idle',
      seen: [['messages', 'ok']],
      changes: { askEveryMs: HOUR },
      wants: 'real',
    },
    { name: 'after the CLI has passed', seen: [['cli', 'ok']], wants: 'direct' },
    {
      name: 'once the direct request has failed',
      seen: [
        ['cli', 'ok'],
        ['messages', 'reset'],
      ],
      wants: 'real',
    },
    {
      name: 'if the CLI passed too long ago to compare',
      seen: [['cli', 'ok']],
      changes: { epochMs: epochMs(HOUR) },
      wants: 'real',
    },
    { name: 'if both work', seen: works, wants: 'direct' },
    { name: 'after an hour', seen: works, changes: { epochMs: epochMs(HOUR) }, wants: 'real' },
    { name: 'in doubt', seen: works, changes: { isInDoubt: true }, wants: 'real' },
    {
      name: 'in doubt, as the second of two passes',
      seen: [['cli', 'ok']],
      changes: { isInDoubt: true },
      wants: 'direct',
    },
    { name: 'before a switch', seen: works, changes: { cliMaxAgeMs: 0 }, wants: 'real' },
    { name: 'while idle', seen: works, changes: { askEveryMs: HOUR }, wants: 'free' },
    { name: 'if only the CLI works', seen: cliOnly, wants: 'real' },
    {
      name: 'if only the CLI works, while idle',
      seen: cliOnly,
      changes: { askEveryMs: HOUR },
      wants: 'free',
    },
    {
      name: 'in doubt while idle',
      seen: works,
      changes: { askEveryMs: HOUR, isInDoubt: true },
      wants: 'real',
    },
  ])('$name: $wants', ({ seen, changes, wants }) => {
    expect(ask(seen, changes)).toBe(wants);
  });
});
