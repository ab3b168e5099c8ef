/** The policy of the decision core, from the configuration. */
import { DEFAULT_POLICY, type Policy } from '@zephyr/core';

import type { Config } from './config.ts';

export function policyOf({ server }: Config): Policy {
  return {
    ...DEFAULT_POLICY,
    switching: {
      ...DEFAULT_POLICY.switching,
      thresholdMs: server.switchThresholdMs,
      sharingToleranceMs: server.priorityToleranceMs,
      gracefulTimeoutMs: server.gracefulSwitchTimeoutMs,
    },
  };
}
