/** The configuration in the words of the decision core. */
import type { EndpointSetting, GroupSetting, Policy } from '@zephyr/core';
import type { Config } from '@zephyr/runtime/config/config';
import { policyOf } from '@zephyr/runtime/config/policy';

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
    policy: policyOf(config),
  };
}
