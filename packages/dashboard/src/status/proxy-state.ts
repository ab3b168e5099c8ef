/** The state of the status page. */

import { signal } from '@preact/signals';
import type { ProxyStatus } from '@zephyr/contract/status/proxy-status';
import type { Situation } from '@zephyr/texts/screens';

import { receive } from '../connection/page-state.ts';

export const proxyState = signal<ProxyStatus | null>(null);

export function takeProxyState(next: ProxyStatus): void {
  proxyState.value = next;
  receive(next);
}

/** In the form that the sentences need, with defaults for what only the controller knows. */
export function situationOf({ mode, selection, endpoints }: ProxyStatus): Situation {
  return {
    mode,
    selection,
    automation: { status: 'running' },
    lastSwitch: null,
    freeze: { status: 'none' },
    policy: { switchThresholdMs: 0, dwellMs: 0 },
    endpoints: endpoints.map((endpoint) => ({ ...endpoint, unavailable: [] })),
  };
}
