import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decideReplay, REPLAY_LIMITS, type ReplayInput } from './replay.ts';

const usual: ReplayInput = {
  phase: 'sent',
  staleConnection: false,
  clientGone: false,
  bodyKept: true,
  replays: 0,
  refreshed: false,
  limit: 'before_content',
  maxReplays: 1,
};
const paid = { kind: 'other_endpoint', takesBudget: true };
const free = { kind: 'other_endpoint', takesBudget: false };
const stop = (why: string) => ({ kind: 'stop', why });

describe('decideReplay', () => {
  const cases: readonly { name: string; input: Partial<ReplayInput>; decision: object }[] = [
    { name: 'a failed connect costs nothing', input: { phase: 'connecting' }, decision: free },
    {
      name: 'a failed connect, however often',
      input: { phase: 'connecting', replays: 9, bodyKept: false },
      decision: free,
    },
    { name: 'no answer', input: {}, decision: paid },
    { name: 'an error answer', input: { phase: 'answered' }, decision: paid },
    { name: 'a second replay', input: { replays: 1 }, decision: stop('replays_spent') },
    {
      name: 'a second one where two are allowed',
      input: { replays: 1, maxReplays: 2 },
      decision: paid,
    },
    { name: 'a body that is gone', input: { bodyKept: false }, decision: stop('body_not_kept') },
    {
      name: 'a dead kept-alive connection',
      input: { staleConnection: true },
      decision: { kind: 'same_endpoint_fresh_connection' },
    },
    {
      name: 'the same again on the fresh one',
      input: { staleConnection: true, refreshed: true },
      decision: paid,
    },
    { name: 'content was given', input: { phase: 'committed' }, decision: stop('content_given') },
    { name: 'the client is gone', input: { clientGone: true }, decision: stop('client_gone') },
    {
      name: 'never',
      input: { limit: 'never', phase: 'connecting' },
      decision: stop('not_allowed'),
    },
    { name: 'connect only', input: { limit: 'connect' }, decision: stop('not_allowed') },
    { name: 'before headers', input: { limit: 'before_headers' }, decision: paid },
    {
      name: 'before headers, but they came',
      input: { limit: 'before_headers', phase: 'answered' },
      decision: stop('not_allowed'),
    },
  ];
  it.each(cases)('$name', ({ input, decision }) => {
    expect(decideReplay({ ...usual, ...input })).toEqual(decision);
  });

  const anything = fc.record({
    phase: fc.constantFrom('connecting', 'sent', 'answered', 'committed'),
    staleConnection: fc.boolean(),
    clientGone: fc.boolean(),
    bodyKept: fc.boolean(),
    replays: fc.nat(5),
    refreshed: fc.boolean(),
    limit: fc.constantFrom(...REPLAY_LIMITS),
    maxReplays: fc.nat(3),
  }) as fc.Arbitrary<ReplayInput>;

  it('never after content, never for nobody, never a body that is gone', () => {
    fc.assert(
      fc.property(anything, (input) => {
        const { kind } = decideReplay(input);
        if (kind === 'stop') return;
        expect(input.phase).not.toBe('committed');
        expect(input.clientGone).toBe(false);
        if (input.phase !== 'connecting') expect(input.bodyKept).toBe(true);
      }),
    );
  });
});
