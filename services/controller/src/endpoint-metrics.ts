/**
 * The metrics of endpoints. Only the leader exposes them, so that a sum over all controllers is right;
 * unknown values are absent.
 */
import type { ApiState } from '@zephyr/contract/api/api-state';
import { Gauge, type Registry } from 'prom-client';

import type { CurrentState } from './view/current-state.ts';

type LeadersState = Pick<CurrentState, 'isLeading' | 'state' | 'epochMs'>;

export function addEndpointGauges(registry: Registry, current: LeadersState): void {
  addRateLimitGauge(registry, current);
  new Gauge({
    name: 'zephyr_endpoint_info',
    help: 'Always 1; the configured names of the endpoint and its group, for joins on the id',
    labelNames: ['endpoint', 'name', 'group'],
    registers: [registry],
    collect() {
      this.reset();
      const state = current.isLeading() ? current.state() : undefined;
      for (const { id, name, groupName } of state?.endpoints ?? []) {
        this.set({ endpoint: id, name, group: groupName }, 1);
      }
    },
  });
  for (const { name, help, of } of ENDPOINT_GAUGES) {
    new Gauge({
      name,
      help,
      labelNames: ['endpoint'],
      registers: [registry],
      collect() {
        this.reset();
        const state = current.isLeading() ? current.state() : undefined;
        if (state === undefined) return;
        for (const endpoint of state.endpoints) {
          const value = of(endpoint, state, current.epochMs());
          if (value !== undefined) this.set({ endpoint: endpoint.id }, value);
        }
      },
    });
  }
}

function addRateLimitGauge(registry: Registry, current: LeadersState): void {
  new Gauge({
    name: 'zephyr_controller_rate_limit_remaining_ratio',
    help: 'Remaining share of a rate limit of the endpoint’s token, from the headers of its answers; absent after the reset',
    labelNames: ['endpoint', 'kind'],
    registers: [registry],
    collect() {
      this.reset();
      const state = current.isLeading() ? current.state() : undefined;
      for (const { id: endpoint, rateLimits } of state?.endpoints ?? []) {
        for (const { kind, remainingShare } of rateLimits) {
          this.set({ endpoint, kind }, remainingShare);
        }
      }
    },
  });
}

type Endpoint = ApiState['endpoints'][number];

const ENDPOINT_GAUGES: readonly {
  readonly name: string;
  readonly help: string;
  /** Undefined if the value is not known. */
  readonly of: (endpoint: Endpoint, state: ApiState, epochMs: number) => number | undefined;
}[] = [
  {
    name: 'zephyr_controller_endpoint_score_seconds',
    help: 'Score: the expected time to a good answer',
    of: ({ score }) => (score.status === 'known' ? score.totalMs / 1000 : undefined),
  },
  {
    name: 'zephyr_controller_endpoint_healthy',
    help: 'By probes: 1 if healthy, 0 if unhealthy; absent while unknown',
    of: ({ health }) => (health.status === 'unknown' ? undefined : +(health.status === 'healthy')),
  },
  {
    name: 'zephyr_controller_endpoint_available',
    help: '1 if it may receive new requests',
    of: ({ available }) => +available,
  },
  {
    name: 'zephyr_controller_endpoint_ejected',
    help: '1 while it is out because of live traffic: ejected or cooling down',
    of: ({ ejection }) => +(ejection.status === 'ejected'),
  },
  {
    name: 'zephyr_controller_endpoint_success_ratio',
    help: 'Share of probes and requests that succeeded in the last ten minutes; absent if there were none',
    of: ({ successRatio }) => successRatio ?? undefined,
  },
  {
    name: 'zephyr_controller_endpoint_sessions',
    help: 'Claude Code sessions assigned to it',
    of: ({ sessions }) => sessions,
  },
  {
    name: 'zephyr_controller_endpoint_probe_budget_spent',
    help: '1 while it is not probed because the probe budget is spent',
    of: ({ probe }) => +(probe.plan.status !== 'scheduled' && probe.plan.why === 'budget_spent'),
  },
  {
    name: 'zephyr_controller_endpoint_probe_budget_nearly_spent',
    help: '1 while its probes are cheaper because the probe budget is nearly spent',
    of: ({ probe }) => +(probe.plan.status === 'scheduled' && probe.plan.spending === 'cheaper'),
  },
  {
    name: 'zephyr_controller_endpoint_probe_overdue_seconds',
    help: 'How overdue its next probe result is: time beyond two planned intervals after the last one; absent while none is planned',
    of: overdueSeconds,
  },
  {
    name: 'zephyr_controller_endpoint_token_refused',
    help: '1 from the first refusal of the token or account until the endpoint accepts them again',
    of: ({ token }) => +(token.status === 'refused' || token.status === 'doubted'),
  },
  {
    name: 'zephyr_controller_endpoint_active',
    help: '1 for the active endpoint, to which new requests go',
    of: ({ id }, state) => +(state.selection.status !== 'none' && state.selection.activeId === id),
  },
];

/** A new leader gives the probers time before it reports results as missing. */
function overdueSeconds(
  { probe: { plan, last } }: Endpoint,
  { leadership }: ApiState,
  epochMs: number,
): number | undefined {
  if (plan.status === 'off' || leadership.status !== 'leading') return undefined;
  const sinceAtMs = Math.max(last?.atMs ?? 0, leadership.sinceAtMs);
  return Math.max(0, epochMs - sinceAtMs - 2 * plan.intervalMs) / 1000;
}
