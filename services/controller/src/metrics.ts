/**
 * Every metric of the controller, with labels from closed sets. Only the leader exposes those of endpoints,
 * so that a sum over all controllers is right.
 */

import type { NoticeCode } from '@zephyr/contract/decide/notice';
import { NOTIFY_KINDS } from '@zephyr/contract/notify/notify';
import { REASON_CODES } from '@zephyr/contract/route/selection';
import { NEARLY_SPENT_SHARE } from '@zephyr/contract/usage/budget-warning';
import type { Effect } from '@zephyr/core';
import { addBuildInfo } from '@zephyr/runtime/process/build-info';
import { REDIS_SECONDS } from '@zephyr/runtime/redis/client';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import { addEndpointGauges } from './endpoint-metrics.ts';
import { type BatchHealth, RECORD_KINDS } from './leader/batch-health.ts';
import { NOTIFY_RESULTS } from './notify/receiver.ts';
import type { CurrentState } from './view/current-state.ts';

export interface ControllerMetrics {
  readonly registry: Registry;
  /** Duration of the commit of one batch, including the wait before it. */
  readonly commitSeconds: Histogram;
  readonly commitFailures: Counter;
  readonly recordsSetAside: Counter<'kind'>;
  readonly notifications: Counter<'kind' | 'result'>;
  /** Counts the effects of one committed batch. */
  count(effects: readonly Effect[]): void;
}

export function createMetrics(current: CurrentState, health: BatchHealth): ControllerMetrics {
  const registry = new Registry();
  addBuildInfo(registry);
  const count = addDecisionCounters(registry);
  const commits = addCommitMetrics(registry);
  const notifications = addNotificationCounter(registry);
  new Gauge({
    name: 'zephyr_controller_batches_failing',
    help: '1 while this leader cannot commit decisions: all its batches fail',
    registers: [registry],
    collect() {
      this.set(+health.isFailing);
    },
  });
  addStateGauges(registry, current);
  addMoments(registry, current);
  addEndpointGauges(registry, current);
  return { registry, ...commits, notifications, count };
}

function addDecisionCounters(registry: Registry): ControllerMetrics['count'] {
  const registers = [registry];
  const switches = new Counter({
    name: 'zephyr_controller_switches_total',
    help: 'Switches of the active endpoint that took effect, by reason',
    labelNames: ['reason'],
    registers,
  });
  // `rate()` needs the zero before the first event.
  for (const reason of REASON_CODES) switches.inc({ reason }, 0);
  const sessionsMoved = new Counter({
    name: 'zephyr_controller_sessions_moved_total',
    help: 'Sessions moved to another endpoint because that was worth losing their prompt caches',
    registers,
  });
  const warnings = addBudgetCounter(registry);
  return (effects) => {
    for (const effect of effects) {
      if (effect.kind === 'record' && effect.decision.phase === 'switched') {
        switches.inc({ reason: effect.decision.reason });
      }
      if (effect.kind === 'notice' && effect.notice.code === 'sessions_moved') {
        sessionsMoved.inc(effect.notice.trade.sessions);
      }
      if (effect.kind === 'notice') warnings(effect.notice.code);
    }
  };
}

/** Returns a function that counts a notice if it is one of these. */
function addBudgetCounter(registry: Registry): (code: NoticeCode) => void {
  const counter = new Counter({
    name: 'zephyr_controller_budget_warnings_total',
    help: `Times that the budget of a person or team became nearly spent (${Math.round(NEARLY_SPENT_SHARE * 100)} %) or spent`,
    labelNames: ['level'],
    registers: [registry],
  });
  for (const level of ['nearly_spent', 'spent']) counter.inc({ level }, 0);
  return (code) => {
    if (code === 'person_budget_nearly_spent') counter.inc({ level: 'nearly_spent' });
    if (code === 'person_budget_spent') counter.inc({ level: 'spent' });
  };
}

function addCommitMetrics(registry: Registry) {
  const registers = [registry];
  const commitSeconds = new Histogram({
    name: 'zephyr_controller_commit_seconds',
    help: 'Time for Redis to commit one batch',
    buckets: REDIS_SECONDS,
    registers,
  });
  const commitFailures = new Counter({
    name: 'zephyr_controller_commit_failures_total',
    help: 'Attempts to commit that Redis refused or did not answer; each is repeated while this controller leads',
    registers,
  });
  const recordsSetAside = new Counter({
    name: 'zephyr_controller_records_set_aside_total',
    help: 'Records in Redis that were set aside: malformed, too large, or they made a batch fail',
    labelNames: ['kind'],
    registers,
  });
  // `increase()` needs the zero before the first event.
  for (const kind of RECORD_KINDS) recordsSetAside.inc({ kind }, 0);
  return { commitSeconds, commitFailures, recordsSetAside };
}

function addNotificationCounter(registry: Registry): Counter<'kind' | 'result'> {
  const counter = new Counter({
    name: 'zephyr_controller_notifications_total',
    help: 'Notifications to people: sent, failed after all attempts, or suppressed by the hourly limit',
    labelNames: ['kind', 'result'],
    registers: [registry],
  });
  // `increase()` needs the zero before the first event.
  for (const kind of NOTIFY_KINDS) {
    for (const result of NOTIFY_RESULTS) counter.inc({ kind, result }, 0);
  }
  return counter;
}

function addStateGauges(registry: Registry, current: CurrentState): void {
  const registers = [registry];
  new Gauge({
    name: 'zephyr_controller_leader',
    help: '1 if this controller is the leader',
    registers,
    collect() {
      this.set(current.isLeading() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'zephyr_controller_redis_up',
    help: '1 while Redis is reachable',
    registers,
    collect() {
      this.set(current.store().status === 'connected' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'zephyr_controller_config_valid',
    help: '0 while a changed configuration is rejected and the previous one remains in use',
    registers,
    collect() {
      this.set(current.config().status === 'applied' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'zephyr_controller_pinned',
    help: '1 while an operator has pinned an endpoint; only on the leader',
    registers,
    collect() {
      this.reset();
      const state = current.isLeading() ? current.state() : undefined;
      if (state !== undefined) this.set(+(state.mode.kind === 'manual'));
    },
  });
  new Gauge({
    name: 'zephyr_controller_probe_cost_projected_usd',
    help: 'Projected cost of today’s probes (UTC) at the rate of the last hour; only on the leader',
    registers,
    collect() {
      this.reset();
      const state = current.isLeading() ? current.state() : undefined;
      if (state !== undefined) this.set(state.cost.projectedUsd);
    },
  });
  new Gauge({
    name: 'zephyr_controller_snapshot_version',
    help: 'Version of the last snapshot that this leader published',
    registers,
    collect() {
      this.reset();
      if (current.isLeading()) this.set(current.snapshotVersion());
    },
  });
}

/** For annotations: timestamps are exact, while a counter only shows the two scrapes in between. */
function addMoments(registry: Registry, current: CurrentState): void {
  const registers = [registry];
  new Gauge({
    name: 'zephyr_controller_switched_timestamp_seconds',
    help: 'When the active endpoint was selected, and why; only on the leader',
    labelNames: ['endpoint', 'reason'],
    registers,
    collect() {
      this.reset();
      const selection = current.isLeading() ? current.state()?.selection : undefined;
      if (selection === undefined || selection.status === 'none') return;
      const { activeId: endpoint, reason, sinceAtMs } = selection;
      this.set({ endpoint, reason }, sinceAtMs / 1000);
    },
  });
  new Gauge({
    name: 'zephyr_controller_config_timestamp_seconds',
    help: 'When the configuration was last applied or rejected; the label says which',
    labelNames: ['status'],
    registers,
    collect() {
      this.reset();
      const { status, atMs } = current.config();
      this.set({ status }, atMs / 1000);
    },
  });
  // Uses the conventional name. The other default metrics would wake an idle process.
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the process since unix epoch in seconds.',
    registers,
  }).set(performance.timeOrigin / 1000);
}
