import { MAX_TTFT_SAMPLES, outcomeBatchSchema } from '@zephyr/contract/outcome';
import { endpointId } from '@zephyr/core';
import { expect, it } from 'vitest';

import { createMetrics } from './metrics.ts';
import { RequestStats } from './request-stats.ts';

const ONE = endpointId('one');

it('reports at most as many times to first content as the controller accepts in one report', () => {
  const none = () => 0;
  const nobody = () => new Map();
  const metrics = createMetrics({
    ...{ activeRequests: nobody, streams: nobody, ejected: nobody, budgets: () => [] },
    ...{ snapshotAgeSeconds: none, bufferedBodyBytes: none, retryBudget: none },
    ...{ unwrittenRequests: none, isRedisUp: () => true, isServing: () => true },
  });
  const stats = new RequestStats(metrics, { nowMs: none });
  for (let ms = 0; ms <= MAX_TTFT_SAMPLES; ms += 1) stats.streamBegan(ONE, { class: 'opus/m', ms });
  const batch = outcomeBatchSchema.parse(stats.takeBatch('p1'));
  expect(batch.endpoints[ONE]?.ttft).toHaveLength(MAX_TTFT_SAMPLES);
});
