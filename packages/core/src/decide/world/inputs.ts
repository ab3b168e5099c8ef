import type { Decision } from '@zephyr/contract/decide/decision';
import type { Notice } from '@zephyr/contract/decide/notice';
import type {
  CommandAnswer,
  CommandRefusal,
  OperatorCommand,
  OperatorWishes,
} from '@zephyr/contract/operate/operator-command';
import type { ProbePlan, ProbeResult } from '@zephyr/contract/probe/probe';
import type { OutcomeBatch } from '@zephyr/contract/route/outcome';
import type { PresenceReport } from '@zephyr/contract/route/presence';
import type { Mode } from '@zephyr/contract/route/selection';
import type { SnapshotContent } from '@zephyr/contract/route/snapshot';
import type { EndpointId, EpochMs } from '@zephyr/contract/scalars';

/**
 * How often a group's endpoints are probed: the keys of its `[health_check]` that the core uses, named as in the
 * configuration.
 */
export interface GroupSetting {
  readonly name: string;
  readonly intervalMs: number;
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  readonly dynamicScaling: boolean;
  /** How long a passed real probe counts (`real_interval_seconds`). */
  readonly realIntervalMs: number;
  /** Budget for probes in one day (UTC); absent: no limit. */
  readonly dailyBudgetUsd?: number | undefined;
}

/** Without the other keys of the table, which do not belong in a stored world. */
export function groupSettingOf(
  name: string,
  healthCheck: Omit<GroupSetting, 'name'>,
): GroupSetting {
  const { intervalMs, minIntervalMs, maxIntervalMs } = healthCheck;
  const { dynamicScaling, realIntervalMs, dailyBudgetUsd } = healthCheck;
  return {
    ...{ name, intervalMs, minIntervalMs, maxIntervalMs },
    ...{ dynamicScaling, realIntervalMs, dailyBudgetUsd },
  } satisfies Record<keyof GroupSetting, unknown>;
}

/** Endpoints of the same priority that have a weight share the load: see `sharesOf`. */
export interface SharingSetting {
  readonly priority: number;
  readonly weight: number;
}

export interface EndpointSetting {
  readonly id: EndpointId;
  readonly groupName: string;
  /** `auto`: the core chooses the style of each probe. `fixed`: the prober's configuration does. */
  readonly styleChoice: 'auto' | 'fixed';
  /** See `preferencesMs`. */
  readonly preferenceMs: number;
  /** Absent: it does not share sessions with others. */
  readonly sharing?: SharingSetting | undefined;
}

export type CommandOutcome =
  | {
      readonly status: CommandAnswer['outcome'];
      /** The previous mode, so that the command can be undone. */
      readonly previousMode: Mode;
      /** Sessions moved or endpoints probed; 0 for other commands. */
      readonly affected: number;
    }
  | { readonly status: 'refused'; readonly why: CommandRefusal };

/** All inputs of the core. Plain JSON, so that they can be stored and replayed. */
export type WorldEvent =
  | { readonly kind: 'probe'; readonly result: ProbeResult }
  | { readonly kind: 'outcomes'; readonly batch: OutcomeBatch }
  | { readonly kind: 'presence'; readonly report: PresenceReport }
  | { readonly kind: 'proxy_gone'; readonly proxyId: string }
  | { readonly kind: 'command'; readonly commandId: string; readonly command: OperatorCommand }
  /** The complete new list, in order of preference: endpoints not in it are forgotten. */
  | {
      readonly kind: 'config';
      readonly groups: readonly GroupSetting[];
      readonly endpoints: readonly EndpointSetting[];
      /**
       * Endpoints whose URL or token has changed: knowledge about them is void. `unknown`: a leader's first
       * configuration; broken endpoints may have been fixed meanwhile.
       */
      readonly changedIds?: readonly EndpointId[] | 'unknown' | undefined;
    }
  /** Time passes; sent once a second. */
  | { readonly kind: 'tick' };

export type ConfigEvent = Extract<WorldEvent, { kind: 'config' }>;

/** An event with its time, by the clock of the machine that decides. */
export interface Input {
  readonly atMs: EpochMs;
  readonly event: WorldEvent;
}

/** What the controller must do, in the order of the list. */
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
