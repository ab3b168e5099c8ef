import { expect, it } from 'vitest';

import { Scenario } from '../../test-support/scenario.ts';
import { epochMs } from '../../types.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import { stepOverload } from './overload.ts';

const NOW = 1_000_000_000;
const { world: calm } = new Scenario();
const context = (atMs: number) =>
  ({ epochMs: epochMs(atMs), policy: DEFAULT_POLICY, trigger: 'tick' }) as const;

it('reports once that it began, and once that it ended', () => {
  const nowMs = epochMs(NOW);
  const overload = { overloadedAtMs: nowMs, answeredAtMs: null };
  const endpoints = calm.endpoints.map((endpoint) => ({ ...endpoint, overload }));
  const began = stepOverload({ ...calm, endpoints }, context(NOW));
  expect(began.next.isOverloadedEverywhere).toBe(true);
  expect(began.effects).toEqual([{ kind: 'notice', notice: { code: 'overload_began' } }]);
  expect(stepOverload(began.next, context(NOW))).toEqual({ next: began.next, effects: [] });
  const later = context(NOW + DEFAULT_POLICY.overload.memoryMs + 1);
  const ended = stepOverload(began.next, later);
  expect(ended.next.isOverloadedEverywhere).toBe(false);
  expect(ended.effects).toEqual([{ kind: 'notice', notice: { code: 'overload_ended' } }]);
  expect(stepOverload(ended.next, later).effects).toEqual([]);
});
