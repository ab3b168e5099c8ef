import type { RoutingSnapshot } from '@zephyr/contract/route/snapshot';
import { endpointId, epochMs } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import { compareSnapshots } from './compare-snapshots.ts';

describe('compareSnapshots', () => {
  const snapshot = (parts: Partial<RoutingSnapshot>): RoutingSnapshot => ({
    incarnation: 'i',
    epoch: 2,
    version: 5,
    configHash: 'h',
    publishedAtMs: epochMs(0),
    isOverloadedEverywhere: false,
    selection: {
      status: 'steady',
      activeId: endpointId('a'),
      reason: 'initial',
      sinceAtMs: epochMs(0),
    },
    mode: { kind: 'auto' },
    order: [],
    endpoints: {},
    ...parts,
  });
  it.each([
    ['the first', undefined, {}, 'newer'],
    ['the first of another installation', undefined, { configHash: 'x' }, 'foreign'],
    ['a later version', {}, { version: 6 }, 'newer'],
    ['a later leader with a smaller version', {}, { epoch: 3, version: 1 }, 'newer'],
    ['the same', {}, {}, 'same'],
    ['an earlier version', {}, { version: 4 }, 'older'],
    ['an earlier leader', {}, { epoch: 1, version: 9 }, 'older'],
    ['another incarnation', {}, { incarnation: 'j', epoch: 1, version: 1 }, 'newer'],
    [
      'another incarnation of another installation',
      {},
      { incarnation: 'j', configHash: 'x' },
      'foreign',
    ],
    ['a changed configuration of ours', {}, { configHash: 'x', version: 6 }, 'newer'],
  ])('%s', (_name, current, read, verdict) => {
    const before = current === undefined ? undefined : snapshot(current);
    expect(compareSnapshots(before, snapshot(read), 'h')).toBe(verdict);
  });
});
