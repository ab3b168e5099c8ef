import { describe, expect, it } from 'vitest';

import { type Candidate, type ChoiceInput, chooseEndpoint } from './choose-endpoint.ts';
import { IN_SERVICE, type LocalHealth } from './ejection.ts';
import { endpointId, type FailureClass } from './types.ts';

const out = (untilMs: number, failure: FailureClass = 'refused'): LocalHealth => ({
  status: 'out',
  failure,
  untilMs,
  strikes: 1,
});
const candidate = (id: string, parts: Partial<Candidate> = {}): Candidate => ({
  id: endpointId(id),
  enabled: true,
  available: true,
  local: IN_SERVICE,
  ...parts,
});
const choose = (
  candidates: readonly Candidate[],
  parts: { tried?: string[]; preferred?: string; lastPanicTrialAtMs?: number } = {},
) => {
  const input: ChoiceInput = {
    candidates,
    tried: new Set((parts.tried ?? []).map(endpointId)),
    preferredId: parts.preferred === undefined ? undefined : endpointId(parts.preferred),
    lastPanicTrialAtMs: parts.lastPanicTrialAtMs ?? Number.NEGATIVE_INFINITY,
    nowMs: 10_000,
  };
  const choice = chooseEndpoint(input);
  return choice.kind === 'send'
    ? `${choice.id} ${choice.as}`
    : `${choice.why} ${choice.retryAfterMs}`;
};

describe('chooseEndpoint', () => {
  it('takes the first of the order', () => {
    expect(choose([candidate('a'), candidate('b')])).toBe('a normal');
  });
  it('takes the next for the next attempt', () => {
    expect(choose([candidate('a'), candidate('b')], { tried: ['a'] })).toBe('b normal');
  });
  it('skips what is out, and tries it when its time has passed', () => {
    expect(choose([candidate('a', { local: out(10_001) }), candidate('b')])).toBe('b normal');
    expect(choose([candidate('a', { local: out(10_000) }), candidate('b')])).toBe('a trial');
  });
  it('takes an unavailable one last, but before giving up', () => {
    const candidates = [candidate('a', { available: false }), candidate('b')];
    expect(choose(candidates)).toBe('b normal');
    expect(choose(candidates, { tried: ['b'] })).toBe('a normal');
  });
  it('never takes a disabled one', () => {
    expect(choose([candidate('a', { enabled: false })])).toBe('disabled 30000');
  });
  it('prefers where the session is, unless that is out, unavailable or tried', () => {
    const there = [candidate('a'), candidate('b')];
    expect(choose(there, { preferred: 'b' })).toBe('b normal');
    expect(choose(there, { preferred: 'b', tried: ['b'] })).toBe('a normal');
    expect(choose([candidate('a'), candidate('b', { local: out(1) })], { preferred: 'b' })).toBe(
      'a normal',
    );
    expect(choose([candidate('a'), candidate('b', { available: false })], { preferred: 'b' })).toBe(
      'a normal',
    );
  });
});

describe('when nothing is in service', () => {
  const down = [candidate('a', { local: out(15_000) }), candidate('b', { local: out(12_000) })];
  it('sends one trial to the one that is out the shortest', () => {
    expect(choose(down)).toBe('b trial');
  });
  it('sends no second one within half a second', () => {
    expect(choose(down, { lastPanicTrialAtMs: 9_501 })).toBe('down 2000');
    expect(choose(down, { lastPanicTrialAtMs: 9_500 })).toBe('b trial');
  });
  it('does not spend a trial on a request that had its attempt', () => {
    expect(choose(down, { tried: ['a'] })).toBe('down 2000');
  });
  it('never asks an endpoint before the time that it named', () => {
    const limited = [
      candidate('a', { local: out(15_000, 'rate_limited') }),
      candidate('b', { local: out(40_000, 'rate_limited') }),
    ];
    expect(choose(limited)).toBe('rate_limited 5000');
  });
  it('never asks with a refused token', () => {
    expect(choose([candidate('a', { local: out(15_000, 'token_refused') })])).toBe('down 5000');
  });
});
