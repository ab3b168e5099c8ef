import type { ConfiguredStyle } from '@zephyr/contract/probe/probe';
import { type EndpointConfig, groupOf } from '@zephyr/runtime/config/config';
import { connectionOf } from '@zephyr/runtime/config/derived/endpoint-connection';
import { endpointHeadersOf } from '@zephyr/runtime/config/derived/endpoint-headers';
import { servedModelsOf } from '@zephyr/runtime/config/derived/served-models';
import type { LoadedConfig } from '@zephyr/runtime/config/read/load';

import type { ProbeTarget } from './probe-target.ts';

/** How a configured endpoint is probed. */
export function targetOf(
  { config, secrets }: LoadedConfig,
  endpoint: EndpointConfig,
): { readonly target: ProbeTarget; readonly style: ConfiguredStyle } {
  const { healthCheck } = groupOf(config, endpoint);
  const { model, timeoutMs, claudeBinaryPath } = healthCheck;
  return {
    target: {
      baseUrl: endpoint.baseUrl,
      headers: endpointHeadersOf({ secrets }, endpoint),
      connection: connectionOf({ secrets }, endpoint),
      model: servedModelsOf(endpoint)?.nameThere(model) ?? model,
      timeoutMs,
      claudeBinaryPath,
    },
    style: endpoint.style,
  };
}
