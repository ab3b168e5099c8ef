import type { EndpointId, EpochMs } from '@zephyr/contract/scalars';

import type { Health } from '../learn/health.ts';
import { type Step, stay } from './context.ts';
import { recovered } from './ejection-recovery.ts';
import type { Effect, EndpointSetting, WorldEvent } from './inputs.ts';
import { type EndpointState, endpointOf, groupStates, newEndpoint, type World } from './world.ts';

type ConfigEvent = Extract<WorldEvent, { kind: 'config' }>;

/**
 * Takes a new configuration. Endpoints that stay keep their state; what was known under another URL
 * or token is dropped and probed again at once; a pin on an endpoint that is gone is removed with a
 * notice.
 */
export function takeConfig(world: World, config: ConfigEvent, nowMs: EpochMs): Step {
  if (config.endpoints.length === 0) return stay(world);
  const changed = new Set<string>(config.changedIds);
  const endpoints = config.endpoints.map((setting) =>
    configured(setting, {
      ...{ former: endpointOf(world, setting.id), isChanged: changed.has(setting.id) },
      ...{ isStart: config.isStart === true, nowMs },
    }),
  );
  const next = { ...world, endpoints, groups: groupStates(config.groups, world.groups) };
  const wished = withoutGone(next);
  const doubtful = endpoints.filter(({ changedAtMs }) => changedAtMs === nowMs);
  return {
    next: wished.next,
    effects: [...wished.effects, ...probesOf(wished.next, doubtful)],
  };
}

interface Configured {
  readonly former: EndpointState | undefined;
  readonly isChanged: boolean;
  readonly isStart: boolean;
  readonly nowMs: EpochMs;
}

function configured(
  setting: EndpointSetting,
  { former, isChanged, isStart, nowMs }: Configured,
): EndpointState {
  if (former === undefined) return { ...newEndpoint(setting), changedAtMs: nowMs };
  if (isChanged) {
    const { probeSequence, evidence, sessionGeneration, recovery } = former;
    return {
      ...newEndpoint(setting),
      // Numbers that only rise: late probes stay late, and proxies notice the change.
      ...{ probeSequence, evidence: evidence + 1, sessionGeneration },
      ...{ recovery: recovered(recovery, nowMs), changedAtMs: nowMs },
    };
  }
  const { groupName, styleChoice, preferenceMs, sharing } = setting;
  const { sharing: _, ...known } = former;
  const same: EndpointState = {
    ...{ ...known, groupName, styleChoice, preferenceMs },
    ...(sharing === undefined ? {} : { sharing }),
  };
  if (!isStart || isInOrder(former)) return same;
  return { ...same, health: withoutDamping(former.health), changedAtMs: nowMs };
}

function isInOrder({ health, tokenAccess }: EndpointState): boolean {
  const isTokenDoubtful = tokenAccess.status === 'refused' || tokenAccess.status === 'doubted';
  return health.status === 'healthy' && !isTokenDoubtful;
}

/** While nobody led, anything may have been fixed: the first pass is enough. */
function withoutDamping(health: Health): Health {
  return health.status === 'unhealthy' ? { ...health, passesNeeded: 1 } : health;
}

/** Removes wishes about endpoints that are gone. */
function withoutGone(world: World): Step {
  const known = new Set(world.endpoints.map(({ id }) => id));
  const { mode, disabled } = world.wishes;
  const isPinGone = mode.kind === 'manual' && !known.has(mode.endpointId);
  const left = disabled.filter((id) => known.has(id));
  if (!isPinGone && left.length === disabled.length) return stay(world);
  const wishes = {
    ...world.wishes,
    mode: isPinGone ? ({ kind: 'auto' } as const) : mode,
    disabled: left,
  };
  const effects: Effect[] = [{ kind: 'store_wishes', wishes }];
  if (isPinGone) {
    const { endpointId } = mode;
    effects.push({ kind: 'notice', notice: { code: 'pin_cleared', endpointId } });
  }
  return { next: { ...world, wishes }, effects };
}

function probesOf(
  { wishes }: World,
  doubtful: readonly { readonly id: EndpointId }[],
): readonly Effect[] {
  const endpointIds = doubtful.map(({ id }) => id).filter((id) => !wishes.disabled.includes(id));
  return wishes.paused || endpointIds.length === 0 ? [] : [{ kind: 'probe_now', endpointIds }];
}
