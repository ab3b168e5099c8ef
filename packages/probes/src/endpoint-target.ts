import type { ProbeStyle } from '@zephyr/contract/probe';
import { type EndpointConfig, groupOf } from '@zephyr/runtime/config/config';
import type { LoadedConfig } from '@zephyr/runtime/config/load';
import { Secret } from '@zephyr/runtime/secret';

import type { ProbeTarget } from './probe-target.ts';

/** How an endpoint of the configuration is probed. */
export function targetOf(
  { config, secrets }: LoadedConfig,
  endpoint: EndpointConfig,
): { readonly target: ProbeTarget; readonly style: ProbeStyle } {
  const { name, healthCheck } = groupOf(config, endpoint);
  const { model, timeoutMs, claudeBinaryPath } = healthCheck;
  // The configuration was refused without a token for each group.
  const token = secrets.groupTokens.get(name) ?? new Secret('');
  return {
    target: { baseUrl: endpoint.baseUrl, token, model, timeoutMs, claudeBinaryPath },
    style: endpoint.style,
  };
}
