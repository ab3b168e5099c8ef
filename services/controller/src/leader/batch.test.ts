import {
  DEFAULT_POLICY,
  endpointId,
  epochMs,
  initialWorld,
  type PresenceReport,
} from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import { NOTHING_OBSERVED } from '../view/observations.ts';
import { takeTurn } from './batch.ts';

const cursors = { commands: '0-0', probes: '0-0', outcomes: '0-0' };
const world = initialWorld({
  atMs: epochMs(0),
  groups: [
    {
      ...{ name: 'team', intervalMs: 60_000, minIntervalMs: 30_000, maxIntervalMs: 3_600_000 },
      dynamicScaling: false,
    },
  ],
  endpoints: [{ id: endpointId('one'), groupName: 'team' }],
});
/** Another version of the proxy may report what this one cannot take. */
const foreign = { proxyId: 'p' } as PresenceReport;

describe('takeTurn', () => {
  it('goes on without an event that the core cannot take, and does not record it', () => {
    const turn = takeTurn(
      { world, observations: NOTHING_OBSERVED, cursors },
      {
        heard: { commands: [], probes: [], outcomes: [], cursors },
        commands: [],
        tick: { reports: [foreign], elapsedMs: 1_000 },
        config: null,
      },
      { nowMs: epochMs(1_000), policy: DEFAULT_POLICY },
    );
    expect(turn.failures.map(({ input }) => input.event.kind)).toEqual(['presence']);
    expect(turn.inputs.map(({ event }) => event.kind)).toEqual(['tick']);
  });
});
