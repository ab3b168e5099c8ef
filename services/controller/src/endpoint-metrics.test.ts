import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { EpochMs } from '@zephyr/contract/scalars';
import { inventedState } from '@zephyr/testkit/invented-world';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';

import { addEndpointGauges } from './endpoint-metrics.ts';

const NOW_MS = 1_800_000_000_000;
const invented = inventedState(NOW_MS);
const [first] = invented.endpoints;
if (first === undefined) throw new Error('the invented world has endpoints');

/** The gauge's value for such an endpoint, without its name. */
async function shownBy(
  gauge: string,
  change: Partial<ApiEndpoint>,
  { leadingMs = 10_000_000, isLeading = true } = {},
): Promise<string | undefined> {
  const registry = new Registry();
  const sinceAtMs = NOW_MS - leadingMs;
  const state = {
    ...invented,
    leadership: { status: 'leading', epoch: 7, sinceAtMs } as const,
    endpoints: [{ ...first, id: 'tokyo', name: '上海 🚀', ...change } as ApiEndpoint],
  };
  addEndpointGauges(registry, {
    isLeading: () => isLeading,
    state: () => state,
    epochMs: () => NOW_MS as EpochMs,
  });
  const name = gauge === 'zephyr_endpoint_info' ? gauge : `zephyr_controller_endpoint_${gauge}`;
  const line = new RegExp(`^${name}(\\{.*)$`, 'm').exec(await registry.metrics());
  return line?.[1]?.replace('{endpoint="tokyo"} ', '');
}

const plan = {
  ...{ status: 'scheduled', intervalMs: 60_000, spending: 'normal' },
  ...{ why: 'configured', wants: 'any' },
} as const;
const probed = (agoMs: number | undefined, change: object = {}) => ({
  probe: {
    ...first.probe,
    plan: { ...plan, ...change },
    last:
      agoMs === undefined
        ? null
        : {
            ...{ atMs: NOW_MS - agoMs, wallMs: 1 },
            verdict: { status: 'ok', latencyMs: 1 } as const,
          },
  } as ApiEndpoint['probe'],
});

describe('the gauges of an endpoint', () => {
  it('use its display name, in any script', async () => {
    expect(await shownBy('zephyr_endpoint_info', { groupName: '团队' })).toBe(
      '{endpoint="tokyo",name="上海 🚀",group="团队"} 1',
    );
  });

  it.each([
    [{ status: 'unknown' }, '0'],
    [{ status: 'accepted' }, '0'],
    [{ status: 'doubted', failure: 'credit' }, '1'],
    [{ status: 'refused', sinceAtMs: NOW_MS, failure: 'token_refused' }, '1'],
  ] as const)('show with the token %j: %s', async (token, shown) => {
    expect(await shownBy('token_refused', { token })).toBe(shown);
  });

  it('show that a result is missing, from two planned intervals on', async () => {
    expect(await shownBy('probe_overdue_seconds', probed(120_000))).toBe('0');
    expect(await shownBy('probe_overdue_seconds', probed(150_000))).toBe('30');
    expect(await shownBy('probe_overdue_seconds', probed(undefined))).toBe('9880');
    // The interval is longer at night.
    expect(await shownBy('probe_overdue_seconds', probed(150_000, { intervalMs: 900_000 }))).toBe(
      '0',
    );
  });

  it('report nothing missing on a new leader, and nothing at all if no probe is planned', async () => {
    const fresh = { leadingMs: 100_000 };
    expect(await shownBy('probe_overdue_seconds', probed(undefined), fresh)).toBe('0');
    expect(await shownBy('probe_overdue_seconds', probed(900_000), fresh)).toBe('0');
    const off = { probe: { ...first.probe, plan: { status: 'off', why: 'paused' } as const } };
    expect(await shownBy('probe_overdue_seconds', off)).toBeUndefined();
  });

  it('show a probe budget that is nearly spent', async () => {
    expect(await shownBy('probe_budget_nearly_spent', probed(0))).toBe('0');
    expect(await shownBy('probe_budget_nearly_spent', probed(0, { spending: 'cheaper' }))).toBe(
      '1',
    );
  });

  it('are exposed by the leader only', async () => {
    expect(await shownBy('token_refused', {}, { isLeading: false })).toBeUndefined();
  });
});
