import type {
  EndpointId,
  EpochMs,
  FailureClass,
  Mode,
  OutcomeBatch,
  PresenceReport,
  ProbeResult,
  SnapshotContent,
} from '../types.ts';
import type { Decision, Trade } from './decision.ts';

/** What operators asked for. Stored apart from the rest of the world, so that it is never lost. */
export interface OperatorWishes {
  readonly mode: Mode;
  /** No probes and no latency switches until resumed; failures still switch. */
  readonly paused: boolean;
  /** Endpoints that operators took out of service. */
  readonly disabled: readonly EndpointId[];
}

/** How often a group's endpoints are probed (`health_check` of the configuration). */
export interface GroupSetting {
  readonly name: string;
  readonly intervalMs: number;
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  readonly dynamicScaling: boolean;
  /** Money for probes in one day (UTC); absent: no limit. */
  readonly dailyBudgetUsd?: number | undefined;
}

export interface EndpointSetting {
  readonly id: EndpointId;
  readonly groupName: string;
}

export type OperatorCommand =
  /** Probes one endpoint now, or all that are enabled. */
  | { readonly kind: 'check'; readonly endpointId?: EndpointId | undefined }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'mode_auto' }
  /** Pins the active endpoint. */
  | { readonly kind: 'mode_manual' }
  /** Pins this endpoint and moves all sessions; one that is not available needs `force`. */
  | {
      readonly kind: 'select';
      readonly endpointId: EndpointId;
      readonly force?: boolean | undefined;
    }
  | { readonly kind: 'enable'; readonly endpointId: EndpointId }
  /** The last enabled endpoint needs `force`. */
  | {
      readonly kind: 'disable';
      readonly endpointId: EndpointId;
      readonly force?: boolean | undefined;
    }
  /** Sessions go to the active endpoint with their next request: all, or those of one endpoint. */
  | { readonly kind: 'move_sessions'; readonly fromId?: EndpointId | undefined };

export type CommandRefusal =
  | 'unknown_endpoint'
  | 'endpoint_disabled'
  | 'endpoint_unavailable'
  | 'last_endpoint';

export type CommandOutcome =
  | {
      readonly status: 'applied' | 'unchanged';
      /** The mode before, so that the command can be undone. */
      readonly previousMode: Mode;
      /** Sessions moved or endpoints probed; 0 where nothing is counted. */
      readonly affected: number;
    }
  | { readonly status: 'refused'; readonly why: CommandRefusal };

/** Everything that the core receives. Plain JSON, so that it can be stored and replayed. */
export type WorldEvent =
  | { readonly kind: 'probe'; readonly result: ProbeResult }
  | { readonly kind: 'outcomes'; readonly batch: OutcomeBatch }
  | { readonly kind: 'presence'; readonly report: PresenceReport }
  | { readonly kind: 'proxy_gone'; readonly proxyId: string }
  | { readonly kind: 'command'; readonly commandId: string; readonly command: OperatorCommand }
  /** The whole new list, in order of preference: endpoints not in it are forgotten. */
  | {
      readonly kind: 'config';
      readonly groups: readonly GroupSetting[];
      readonly endpoints: readonly EndpointSetting[];
      /** Endpoints whose URL or token has changed: what was known of them is void. */
      readonly changedIds?: readonly EndpointId[] | undefined;
      /** The first one of a leader: what is out of order may have been fixed meanwhile. */
      readonly isStart?: boolean | undefined;
    }
  /** Time passes; sent once a second. */
  | { readonly kind: 'tick' };

/** An event with its moment, by the clock of the machine that decides. */
export interface Input {
  readonly atMs: EpochMs;
  readonly event: WorldEvent;
}

/** When to probe an endpoint. `cheaper`: the daily budget is nearly spent. */
export type ProbePlan =
  | {
      readonly status: 'scheduled';
      readonly intervalMs: number;
      readonly spending: 'normal' | 'cheaper';
      readonly why: ProbePace;
    }
  | { readonly status: 'off'; readonly why: 'paused' | 'disabled' | 'budget_spent' };

/** `unneeded`: live traffic shows enough; rare probes keep scores comparable. */
export const PROBE_PACES = [
  'configured',
  'verifying',
  'deciding',
  'high_load',
  'load',
  'idle',
  'unneeded',
] as const;
export type ProbePace = (typeof PROBE_PACES)[number];

/** An event that people should know of; see `severityOf`. */
export type Notice =
  | { readonly code: 'endpoint_healthy'; readonly endpointId: EndpointId }
  | {
      readonly code: 'endpoint_unhealthy';
      readonly endpointId: EndpointId;
      readonly failure: FailureClass;
      readonly detail: string;
    }
  | {
      readonly code: 'token_refused';
      readonly endpointId: EndpointId;
      readonly failure: FailureClass;
    }
  | { readonly code: 'token_accepted'; readonly endpointId: EndpointId }
  | { readonly code: 'overload_began' }
  | { readonly code: 'overload_ended' }
  | { readonly code: 'flapping_frozen'; readonly untilAtMs: EpochMs }
  | { readonly code: 'flapping_thawed' }
  | { readonly code: 'pin_cleared'; readonly endpointId: EndpointId }
  | { readonly code: 'pin_unavailable'; readonly endpointId: EndpointId }
  | { readonly code: 'pin_available'; readonly endpointId: EndpointId }
  | { readonly code: 'nothing_available' }
  | { readonly code: 'available_again' }
  | { readonly code: 'budget_nearly_spent'; readonly groupName: string }
  | { readonly code: 'budget_spent'; readonly groupName: string }
  | { readonly code: 'sessions_moved'; readonly endpointId: EndpointId; readonly trade: Trade }
  | { readonly code: 'late_probe_dropped'; readonly endpointId: EndpointId };

/** What the controller has to do, in the order of the list of effects. */
export type Effect =
  | { readonly kind: 'publish'; readonly content: SnapshotContent }
  | { readonly kind: 'record'; readonly decision: Decision }
  | {
      readonly kind: 'set_probe';
      readonly endpointId: EndpointId;
      readonly plan: ProbePlan;
    }
  | { readonly kind: 'probe_now'; readonly endpointIds: readonly EndpointId[] }
  | { readonly kind: 'store_wishes'; readonly wishes: OperatorWishes }
  /** The answer to a command; committed together with the wishes and the snapshot. */
  | { readonly kind: 'answer'; readonly commandId: string; readonly outcome: CommandOutcome }
  | { readonly kind: 'notice'; readonly notice: Notice };

const SEVERITIES: Readonly<Record<Notice['code'], 'info' | 'warning' | 'critical'>> = {
  endpoint_healthy: 'info',
  endpoint_unhealthy: 'warning',
  token_refused: 'critical',
  token_accepted: 'info',
  overload_began: 'warning',
  overload_ended: 'info',
  flapping_frozen: 'warning',
  flapping_thawed: 'info',
  pin_cleared: 'warning',
  pin_unavailable: 'warning',
  pin_available: 'info',
  nothing_available: 'critical',
  available_again: 'info',
  budget_nearly_spent: 'warning',
  budget_spent: 'critical',
  sessions_moved: 'info',
  late_probe_dropped: 'info',
};

export function severityOf(notice: Notice): 'info' | 'warning' | 'critical' {
  return SEVERITIES[notice.code];
}
