import type { EndpointId } from '@zephyr/core';
import type { LoadedConfig } from '@zephyr/runtime/config/config';

/**
 * The endpoints that both configurations have, with another URL or another token: what was known of
 * them is void. Compared in memory, and never stored: over a restart a leader probes what it finds
 * out of order instead.
 */
export function changedEndpoints(
  former: LoadedConfig | undefined,
  now: LoadedConfig,
): readonly EndpointId[] {
  if (former === undefined) return [];
  return now.config.endpoints.flatMap(({ id, baseUrl, groupName }) => {
    const before = former.config.endpoints.find((endpoint) => endpoint.id === id);
    if (before === undefined) return [];
    const isSame =
      before.baseUrl === baseUrl && tokenOf(former, before.groupName) === tokenOf(now, groupName);
    return isSame ? [] : [id];
  });
}

function tokenOf({ secrets }: LoadedConfig, groupName: string): string | undefined {
  return secrets.groupTokens.get(groupName)?.reveal();
}
