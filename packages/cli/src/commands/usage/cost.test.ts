import type { UsageReport } from '@zephyr/contract/usage/usage';
import { endpointId, epochMs, usageOfProbe, usageReport } from '@zephyr/core';
import { inventedState } from '@zephyr/testkit/invented-world';
import { expect, it } from 'vitest';

import { costToday } from './cost.ts';

const NOW = Date.UTC(2026, 10, 23, 12);

function ledgerOf(...probes: readonly [endpoint: string, costUsd: number][]): UsageReport {
  const rows = probes.map(([id, costUsd]) =>
    usageOfProbe(
      {
        ...{ endpointId: endpointId(id), startedAtMs: epochMs(NOW), verdict: { status: 'ok' } },
        usage: { inputTokens: 100, outputTokens: 5, cacheReadTokens: 20, cacheWriteTokens: 3 },
        costUsd,
      },
      'claude-haiku-4-5',
    ),
  );
  const person = { ...rows[0], person: 'ann' } as (typeof rows)[number];
  const query = { by: ['person', 'endpoint'], sinceAtMs: NOW, untilAtMs: NOW + 1 } as const;
  return usageReport([...rows, person], query);
}

it('takes the costs from the ledger, including those that no decision counted', () => {
  const state = inventedState(NOW);
  const [one, two] = state.endpoints;
  if (one === undefined || two === undefined) throw new Error('the world has endpoints');
  const today = costToday(state, ledgerOf([one.id, 0.01], [one.id, 0.02], ['removed', 0.04]));
  const ofOne = today.endpoints.find(({ endpointId: id }) => id === one.id);
  expect(ofOne).toMatchObject({ probes: 2, inputTokens: 246, outputTokens: 10 });
  expect(ofOne?.costUsd).toBeCloseTo(0.03);
  expect(today.endpoints.find(({ endpointId: id }) => id === two.id)?.probes).toBe(0);
  expect(today.todayUsd).toBeCloseTo(0.07);
  const { projectedUsd, todayUsd } = state.cost;
  expect(today.projectedUsd - today.todayUsd).toBeCloseTo(projectedUsd - todayUsd);
});
