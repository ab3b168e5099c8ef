/** Maps the configuration to the form that the decision core expects. */
import type { EndpointId } from '@zephyr/contract/scalars';
import {
  type ConfigEvent,
  type EndpointSetting,
  type GroupSetting,
  groupSettingOf,
  type Policy,
  preferencesMs,
} from '@zephyr/core';
import {
  type Config,
  type EndpointConfig,
  groupOf,
  type LoadedConfig,
} from '@zephyr/runtime/config/config';
import { connectionFingerprint } from '@zephyr/runtime/config/derived/endpoint-connection';
import { endpointHeadersOf, hasSameHeaders } from '@zephyr/runtime/config/derived/endpoint-headers';
import { policyOf } from '@zephyr/runtime/config/derived/policy-of-config';

export interface CoreConfig {
  readonly groups: readonly GroupSetting[];
  readonly endpoints: readonly EndpointSetting[];
  readonly policy: Policy;
}

export function coreConfigOf(config: Config): CoreConfig {
  const preferences = preferencesMs(config.endpoints, config.server);
  return {
    groups: config.groups.map(({ name, healthCheck }) => groupSettingOf(name, healthCheck)),
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

/** A cheap style of its own means that an operator has chosen what runs between real probes. */
function styleChoiceOf(config: Config, endpoint: EndpointConfig): EndpointSetting['styleChoice'] {
  const { cheapStyle } = groupOf(config, endpoint).healthCheck;
  return endpoint.style === 'auto' && cheapStyle === 'none' ? 'auto' : 'fixed';
}

/** The parts of a configuration that the core needs. @param former undefined when a term begins */
export function configEvent(former: LoadedConfig | undefined, now: LoadedConfig): ConfigEvent {
  const { groups, endpoints } = coreConfigOf(now.config);
  const changedIds = former === undefined ? 'unknown' : changedEndpoints(former, now);
  return { kind: 'config', groups, endpoints, changedIds };
}

/**
 * Endpoints of both configurations whose URL, token, headers, certificate or proxy has changed: what was
 * known about them is void. Compared in memory and never stored: after a restart, a leader just probes what
 * it finds out of order.
 */
function changedEndpoints(former: LoadedConfig, now: LoadedConfig): readonly EndpointId[] {
  return now.config.endpoints.flatMap((endpoint) => {
    const before = former.config.endpoints.find(({ id }) => id === endpoint.id);
    if (before === undefined) return [];
    const isSame =
      before.baseUrl === endpoint.baseUrl &&
      connectionFingerprint(former, before) === connectionFingerprint(now, endpoint) &&
      hasSameHeaders(endpointHeadersOf(former, before), endpointHeadersOf(now, endpoint));
    return isSame ? [] : [endpoint.id];
  });
}
