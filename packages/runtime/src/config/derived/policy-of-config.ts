/** The policy of the decision core, from the configuration. */
import { DEFAULT_POLICY, type Policy } from '@zephyr/core';

import type { Config } from '../config.ts';

export function policyOf({ server }: Config): Policy {
  const { switchThresholdMs, gracefulSwitchTimeoutMs, priorityToleranceMs } = server;
  const configured = { switchThresholdMs, gracefulSwitchTimeoutMs, priorityToleranceMs };
  return { ...DEFAULT_POLICY, switching: { ...DEFAULT_POLICY.switching, ...configured } };
}
