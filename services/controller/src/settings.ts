/** The configuration in the words of the decision core. */
import { DEFAULT_POLICY, type EndpointSetting, type GroupSetting, type Policy } from '@zephyr/core';
import type { Config } from '@zephyr/runtime/config/config';

export interface Settings {
  readonly groups: readonly GroupSetting[];
  readonly endpoints: readonly EndpointSetting[];
  readonly policy: Policy;
}

export function settingsOf(config: Config): Settings {
  return {
    groups: config.groups.map(({ name, healthCheck }) => ({
      name,
      intervalMs: healthCheck.intervalMs,
      minIntervalMs: healthCheck.minIntervalMs,
      maxIntervalMs: healthCheck.maxIntervalMs,
      dynamicScaling: healthCheck.dynamicScaling,
      dailyBudgetUsd: healthCheck.dailyBudgetUsd,
    })),
    endpoints: config.endpoints.map(({ id, groupName }) => ({ id, groupName })),
    policy: {
      ...DEFAULT_POLICY,
      switching: {
        ...DEFAULT_POLICY.switching,
        thresholdMs: config.server.switchThresholdMs,
        gracefulTimeoutMs: config.server.gracefulSwitchTimeoutMs,
      },
    },
  };
}
