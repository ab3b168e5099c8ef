/** The configuration in the shape of the decision core. */
import type { EndpointId } from '@zephyr/contract/scalars';
import {
  type ConfigEvent,
  type EndpointSetting,
  type GroupSetting,
  type Policy,
  preferencesMs,
} from '@zephyr/core';
import {
  type Config,
  type EndpointConfig,
  groupOf,
  type LoadedConfig,
} from '@zephyr/runtime/config/config';
import { areSameHeaders, endpointHeadersOf } from '@zephyr/runtime/config/endpoint-headers';
import { policyOf } from '@zephyr/runtime/config/policy-of-config';
import { connectionFingerprint } from '@zephyr/runtime/connection/endpoint-connection';

export interface CoreConfig {
  readonly groups: readonly GroupSetting[];
  readonly endpoints: readonly EndpointSetting[];
  readonly policy: Policy;
}

export function coreConfigOf(config: Config): CoreConfig {
  const preferences = preferencesMs(config.endpoints, config.server);
  return {
    groups: config.groups.map(({ name, healthCheck }) => ({
      name,
      intervalMs: healthCheck.intervalMs,
      minIntervalMs: healthCheck.minIntervalMs,
      maxIntervalMs: healthCheck.maxIntervalMs,
      dynamicScaling: healthCheck.dynamicScaling,
      realIntervalMs: healthCheck.realIntervalMs,
      dailyBudgetUsd: healthCheck.dailyBudgetUsd,
    })),
    endpoints: config.endpoints.map((endpoint, index) => ({
      id: endpoint.id,
      groupName: endpoint.groupName,
      styleChoice: styleChoiceOf(config, endpoint),
      preferenceMs: preferences[index] ?? 0,
      ...sharingOf(endpoint),
    })),
    policy: policyOf(config),
  };
}

function sharingOf({ priority, weight }: EndpointConfig): Pick<EndpointSetting, 'sharing'> {
  return weight === undefined ? {} : { sharing: { priority, weight } };
}

/** With a cheap style of their own, people have chosen what runs between real probes. */
function styleChoiceOf(config: Config, endpoint: EndpointConfig): EndpointSetting['styleChoice'] {
  const { cheapStyle } = groupOf(config, endpoint).healthCheck;
  return endpoint.style === 'auto' && cheapStyle === 'none' ? 'auto' : 'fixed';
}

/** What the core is to know of a configuration. @param former undefined when a term begins. */
export function configEvent(former: LoadedConfig | undefined, now: LoadedConfig): ConfigEvent {
  const { groups, endpoints } = coreConfigOf(now.config);
  const changedIds = former === undefined ? 'unknown' : changedEndpoints(former, now);
  return { kind: 'config', groups, endpoints, changedIds };
}

/**
 * The endpoints of both configurations that have another URL, token, header, certificate or proxy now: what was known of
 * them is void. Compared in memory, and never stored: over a restart a leader probes what it finds
 * out of order instead.
 */
function changedEndpoints(former: LoadedConfig, now: LoadedConfig): readonly EndpointId[] {
  return now.config.endpoints.flatMap((endpoint) => {
    const before = former.config.endpoints.find(({ id }) => id === endpoint.id);
    if (before === undefined) return [];
    const isSame =
      before.baseUrl === endpoint.baseUrl &&
      connectionFingerprint(former, before) === connectionFingerprint(now, endpoint) &&
      areSameHeaders(endpointHeadersOf(former, before), endpointHeadersOf(now, endpoint));
    return isSame ? [] : [endpoint.id];
  });
}
