/** What the configuration says about decisions, in the words of the decision core. */
import { DEFAULT_POLICY, type Policy } from '@zephyr/core';

import type { Config } from './config.ts';

export function policyOf({ server }: Config): Policy {
  return {
    ...DEFAULT_POLICY,
    switching: {
      ...DEFAULT_POLICY.switching,
      thresholdMs: server.switchThresholdMs,
      gracefulTimeoutMs: server.gracefulSwitchTimeoutMs,
    },
  };
}
