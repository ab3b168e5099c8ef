/**
 * All numbers that controller decisions depend on. Each is declared, with its default, in the file of the rule
 * that uses it; here they are only composed. Those of the proxies, such as for ejection, are keys of the
 * configuration.
 */
import { HEALTH_NUMBERS, type HealthPolicy } from '../learn/health.ts';
import { LIVE_NUMBERS } from '../learn/live-excess.ts';
import { LIVE_SUCCESS_NUMBERS, type LiveSuccessPolicy } from '../learn/live-success.ts';
import { OVERLOAD_NUMBERS, type OverloadPolicy } from '../learn/overload-everywhere.ts';
import { PROBE_LATENCY_NUMBERS } from '../learn/probe-latency.ts';
import { RATE_LIMIT_NUMBERS } from '../learn/rate-limit-headroom.ts';
import { FAILURE_NUMBERS } from '../learn/reliability.ts';
import type { ScoreTables } from '../learn/score.ts';
import { DIRECT_PROBE_NUMBERS, type DirectProbePolicy } from '../probe/cli-or-direct.ts';
import { RAMP_NUMBERS, type RampPolicy } from '../route/switch-ramp.ts';
import { FRESHNESS_NUMBERS, type FreshnessPolicy } from './assess/assessment.ts';
import { LOAD_SCALING_NUMBERS, type LoadScalingPolicy } from './probe-plan/load-scaled-interval.ts';
import { PROBE_PACE_NUMBERS, type ProbePacePolicy } from './probe-plan/probe-pace.ts';
import { PROBE_PLAN_NUMBERS, type ProbePlanPolicy } from './probe-plan/probe-plans.ts';
import { PUBLISHING_NUMBERS, type PublishingPolicy } from './snapshot.ts';
import { FLAP_NUMBERS, type FlapPolicy } from './switch/flap-damping.ts';
import {
  CLI_PROOF_NUMBERS,
  type CliProofPolicy,
  LATENCY_SWITCH_NUMBERS,
  type LatencySwitchPolicy,
} from './switch/latency-switch.ts';
import { SHARING_NUMBERS, type SharingPolicy } from './switch/load-sharing.ts';
import {
  FAILURE_SWITCH_NUMBERS,
  type FailureSwitchPolicy,
} from './switch/pinned-and-failure-switch.ts';
import { SESSION_NUMBERS, type SessionPolicy } from './switch/switch-cost.ts';
import { FIRST_CHOICE_NUMBERS, type FirstChoicePolicy } from './switch/switch-states.ts';
import { RECOVERY_NUMBERS, type RecoveryPolicy } from './world/ejection-recovery.ts';
import { PRESENCE_NUMBERS, type PresencePolicy } from './world/presence.ts';

/**
 * The controller starts from `DEFAULT_POLICY` and applies its configuration (runtime's policy-of-config.ts); a
 * recording can be replayed under another policy. `docs/decisions.md` explains the formulas.
 */
export interface Policy extends ScoreTables {
  readonly health: HealthPolicy & LiveSuccessPolicy;
  readonly switching: LatencySwitchPolicy &
    SharingPolicy &
    FailureSwitchPolicy &
    FreshnessPolicy &
    FirstChoicePolicy &
    FlapPolicy &
    RampPolicy;
  readonly sessions: SessionPolicy;
  readonly overload: OverloadPolicy;
  readonly presence: PresencePolicy & RecoveryPolicy;
  readonly probing: ProbePacePolicy &
    LoadScalingPolicy &
    DirectProbePolicy &
    CliProofPolicy &
    ProbePlanPolicy;
  readonly publishing: PublishingPolicy;
}

export const DEFAULT_POLICY: Policy = {
  health: { ...HEALTH_NUMBERS, ...LIVE_SUCCESS_NUMBERS },
  latency: PROBE_LATENCY_NUMBERS,
  live: LIVE_NUMBERS,
  failure: FAILURE_NUMBERS,
  switching: {
    ...LATENCY_SWITCH_NUMBERS,
    ...SHARING_NUMBERS,
    ...FAILURE_SWITCH_NUMBERS,
    ...FRESHNESS_NUMBERS,
    ...FIRST_CHOICE_NUMBERS,
    ...FLAP_NUMBERS,
    ...RAMP_NUMBERS,
  },
  sessions: SESSION_NUMBERS,
  overload: OVERLOAD_NUMBERS,
  presence: { ...PRESENCE_NUMBERS, ...RECOVERY_NUMBERS },
  probing: {
    ...PROBE_PACE_NUMBERS,
    ...LOAD_SCALING_NUMBERS,
    ...DIRECT_PROBE_NUMBERS,
    ...CLI_PROOF_NUMBERS,
    ...PROBE_PLAN_NUMBERS,
  },
  rateLimit: RATE_LIMIT_NUMBERS,
  publishing: PUBLISHING_NUMBERS,
};
