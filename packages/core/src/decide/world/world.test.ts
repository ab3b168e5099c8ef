import type { Selection } from '@zephyr/contract/route/selection';
import { expect, it } from 'vitest';

import { NO_PROBE_LATENCY } from '../../learn/probe-latency.ts';
import { A, B, C, GROUP } from '../../test-support/scenario.ts';
import { endpointId, epochMs } from '../../types.ts';
import {
  endpointIdsOf,
  endpointOf,
  groupStates,
  initialWorld,
  newEndpoint,
  styleOffsetMsOf,
  type WorldSetup,
  withEndpoint,
} from './world.ts';

const AT_MS = epochMs(5_000);
const [first, second] = [A, B].map((id) => ({
  ...{ id, groupName: GROUP.name, styleChoice: 'fixed', preferenceMs: 0 },
})) as [WorldSetup['endpoints'][number], WorldSetup['endpoints'][number]];
const SETUP: WorldSetup = { atMs: AT_MS, groups: [GROUP], endpoints: [first, second] };
const FORMER: Selection = {
  ...{ status: 'steady', activeId: B, reason: 'faster', sinceAtMs: epochMs(1_000) },
};

it('a first world serves from the first endpoint, and settles', () => {
  const world = initialWorld(SETUP);
  expect(world.selection).toEqual({
    ...{ status: 'steady', activeId: A, reason: 'initial', sinceAtMs: AT_MS },
  });
  expect(world.switching).toEqual({
    phase: { status: 'settling', sinceAtMs: AT_MS },
    lead: { status: 'none' },
    flapping: { status: 'none' },
    switchedAtMs: null,
    recentAtMs: [],
    failureSwitchAtMs: null,
    ramp: { status: 'none' },
    standing: { reason: 'initial', sinceAtMs: AT_MS },
  });
  expect(world).toMatchObject({
    wishes: { mode: { kind: 'auto' }, automation: 'running', disabled: [], grants: [] },
    ...{ proxies: [], liveLevels: {}, isOverloadedEverywhere: false, lastBusyAtMs: AT_MS },
    ...{ probePlans: {}, published: { status: 'never' }, decisions: 0 },
  });
});

it('a new leader continues with the selection, the wishes and the numbers of the previous one', () => {
  const wishes = {
    mode: { kind: 'auto' },
    automation: 'paused',
    disabled: [A],
    grants: [],
  } as const;
  const world = initialWorld({ ...SETUP, wishes, selection: FORMER, decisions: 7 });
  expect(world).toMatchObject({ wishes, selection: FORMER, decisions: 7 });
  expect(world.switching.phase).toEqual({ status: 'settled' });
  expect(world.switching.standing).toEqual({ reason: 'faster', sinceAtMs: FORMER.sinceAtMs });
});

it('a selection of a removed endpoint is ignored', () => {
  const world = initialWorld({ ...SETUP, selection: { ...FORMER, activeId: C } });
  expect(world.selection).toMatchObject({ activeId: A, reason: 'initial' });
  expect(world.switching.phase.status).toBe('settling');
});

it('a world without an endpoint is rejected', () => {
  expect(() => initialWorld({ ...SETUP, endpoints: [] })).toThrow(
    new RangeError('a world needs at least one endpoint'),
  );
});

it('nothing is known about a new endpoint', () => {
  const { probeSequence, evidence, sessionGeneration, ...rest } = newEndpoint(first);
  // The first sequence, 0, is newer than none.
  expect({ probeSequence, evidence, sessionGeneration }).toEqual({
    ...{ probeSequence: null, evidence: 0, sessionGeneration: 0 },
  });
  expect(rest).toMatchObject({ ...first, overload: { overloadedAtMs: null, answeredAtMs: null } });
  expect(rest).not.toHaveProperty('sharing');
  const sharing = { priority: 1, weight: 2 };
  expect(newEndpoint({ ...first, sharing })).toHaveProperty('sharing', sharing);
});

it('groups that remain keep today’s spending, others start at 0', () => {
  const former = { [GROUP.name]: { ...GROUP, intervalMs: 1, day: 20_000, spentUsd: 0.5 } };
  const other = { ...GROUP, name: 'other' };
  expect(groupStates([GROUP, other], former)).toEqual({
    [GROUP.name]: { ...GROUP, day: 20_000, spentUsd: 0.5 },
    other: { ...other, day: 0, spentUsd: 0 },
  });
});

it('one endpoint is found and replaced by its id', () => {
  const world = initialWorld(SETUP);
  expect(endpointOf(world, B)?.id).toBe(B);
  expect(endpointOf(world, endpointId('none'))).toBeUndefined();
  expect(endpointIdsOf(world)).toEqual(new Set([A, B]));
  const changed = withEndpoint(world, B, (endpoint) => ({ ...endpoint, evidence: 3 }));
  expect(changed).toEqual({
    ...world,
    endpoints: [world.endpoints[0], { ...endpointOf(world, B), evidence: 3 }],
  });
});

it('the difference between the styles is the median of all endpoints', () => {
  const world = initialWorld(SETUP);
  expect(styleOffsetMsOf(world)).toBe(0);
  const latency = { ...NO_PROBE_LATENCY, offsetMs: 40 };
  expect(styleOffsetMsOf(withEndpoint(world, A, (one) => ({ ...one, latency })))).toBe(40);
});
