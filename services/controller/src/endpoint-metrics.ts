/**
 * The metrics of endpoints. Only the leader exposes them, so that a sum over all controllers is right;
 * unknown values are absent.
 */
import type { ApiState } from '@zephyr/contract/api-state';
import { Gauge, type Registry } from 'prom-client';

import type { CurrentState } from './view/current-state.ts';

type LeadersState = Pick<CurrentState, 'isLeading' | 'state' | 'now'>;

export function addEndpointGauges(registry: Registry, current: LeadersState): void {
  addRateLimitGauge(registry, current);
  new Gauge({
    name: 'zephyr_endpoint_info',
    help: 'Always 1; the names that people gave the endpoint and its group, to be joined by its id',
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
          const value = of(endpoint, state, current.now());
          if (value !== undefined) this.set({ endpoint: endpoint.id }, value);
        }
      },
    });
  }
}

function addRateLimitGauge(registry: Registry, current: LeadersState): void {
  new Gauge({
    name: 'zephyr_controller_rate_limit_remaining_ratio',
    help: 'What is left of a rate limit of the endpoint’s token, as its answers name it; absent after its reset',
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
  readonly of: (endpoint: Endpoint, state: ApiState, nowMs: number) => number | undefined;
}[] = [
  {
    name: 'zephyr_controller_endpoint_score_seconds',
    help: 'Expected time to a good answer',
    of: ({ score }) => (score.status === 'known' ? score.totalMs / 1000 : undefined),
  },
  {
    name: 'zephyr_controller_endpoint_healthy',
    help: '1 healthy, 0 unhealthy by probes; absent while unknown',
    of: ({ health }) => (health.status === 'unknown' ? undefined : +(health.status === 'healthy')),
  },
  {
    name: 'zephyr_controller_endpoint_available',
    help: '1 where new requests may be sent',
    of: ({ available }) => +available,
  },
  {
    name: 'zephyr_controller_endpoint_ejected',
    help: '1 while live traffic has taken it out for a time: ejected or cooling down',
    of: ({ ejection }) => +(ejection.status === 'ejected'),
  },
  {
    name: 'zephyr_controller_endpoint_success_ratio',
    help: 'Share of good probes and requests of the last ten minutes; absent without any',
    of: ({ successRatio }) => successRatio ?? undefined,
  },
  {
    name: 'zephyr_controller_endpoint_sessions',
    help: 'Sessions of Claude Code that stay with it',
    of: ({ sessions }) => sessions,
  },
  {
    name: 'zephyr_controller_endpoint_probe_budget_spent',
    help: '1 while it gets no real probes, because the budget for probes is spent',
    of: ({ probe }) => +(probe.plan.status !== 'scheduled' && probe.plan.why === 'budget_spent'),
  },
  {
    name: 'zephyr_controller_endpoint_probe_budget_nearly_spent',
    help: '1 while its probes are cheaper, because the budget for probes is nearly spent',
    of: ({ probe }) => +(probe.plan.status === 'scheduled' && probe.plan.spending === 'cheaper'),
  },
  {
    name: 'zephyr_controller_endpoint_probe_overdue_seconds',
    help: 'How long a result of its probes has been missing: since two planned intervals after the last one; absent while none is planned',
    of: overdueSeconds,
  },
  {
    name: 'zephyr_controller_endpoint_token_refused',
    help: '1 from the first time that it refuses the token or the account, until it accepts them',
    of: ({ token }) => +(token.status === 'refused' || token.status === 'doubted'),
  },
  {
    name: 'zephyr_controller_endpoint_active',
    help: '1 for the endpoint that new requests go to',
    of: ({ id }, state) => +(state.selection.status !== 'none' && state.selection.activeId === id),
  },
];

/** A new leader gives the probers time before it reports results as missing. */
function overdueSeconds(
  { probe: { plan, last } }: Endpoint,
  { leadership }: ApiState,
  nowMs: number,
): number | undefined {
  if (plan.status === 'off' || leadership.status !== 'leading') return undefined;
  const sinceAtMs = Math.max(last?.atMs ?? 0, leadership.sinceAtMs);
  return Math.max(0, nowMs - sinceAtMs - 2 * plan.intervalMs) / 1000;
}
