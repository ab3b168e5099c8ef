import type { EndpointId, EpochMs } from '@zephyr/contract/scalars';

import { type Step, stay } from '../world/context.ts';
import { recovered } from '../world/ejection-recovery.ts';
import type { ConfigEvent, Effect, EndpointSetting } from '../world/inputs.ts';
import {
  type EndpointState,
  endpointOf,
  groupStates,
  newEndpoint,
  type World,
} from '../world/world.ts';

/**
 * Applies a new configuration. Endpoints that remain keep their state; knowledge from another URL or token is
 * dropped and the endpoint is probed immediately; a pin on a removed endpoint is cleared with a notice.
 */
export function takeConfig(world: World, config: ConfigEvent, epochMs: EpochMs): Step {
  if (config.endpoints.length === 0) return stay(world);
  const { changedIds = [] } = config;
  const endpoints = config.endpoints.map((setting): EndpointState => {
    const former = endpointOf(world, setting.id);
    if (former === undefined) return { ...newEndpoint(setting), changedAtMs: epochMs };
    if (changedIds === 'unknown') return doubted(withSetting(setting, former), epochMs);
    const isChanged = changedIds.includes(setting.id);
    return isChanged ? reset(setting, former, epochMs) : withSetting(setting, former);
  });
  const next = { ...world, endpoints, groups: groupStates(config.groups, world.groups) };
  const wished = withoutGone(next);
  const doubtful = endpoints.filter(({ changedAtMs }) => changedAtMs === epochMs);
  return {
    next: wished.next,
    effects: [...wished.effects, ...probesOf(wished.next, doubtful)],
  };
}

function reset(setting: EndpointSetting, former: EndpointState, epochMs: EpochMs): EndpointState {
  const { probeSequence, evidence, sessionGeneration, recovery } = former;
  return {
    ...newEndpoint(setting),
    // These numbers only rise, so that late probes stay late and proxies notice the change.
    ...{ probeSequence, evidence: evidence + 1, sessionGeneration },
    ...{ recovery: recovered(recovery, epochMs), changedAtMs: epochMs },
  };
}

function withSetting(setting: EndpointSetting, former: EndpointState): EndpointState {
  const { groupName, styleChoice, preferenceMs, sharing } = setting;
  const { sharing: _, ...known } = former;
  return {
    ...{ ...known, groupName, styleChoice, preferenceMs },
    ...(sharing === undefined ? {} : { sharing }),
  };
}

/** While there was no leader, anything may have been fixed: the first pass is enough. */
function doubted(endpoint: EndpointState, epochMs: EpochMs): EndpointState {
  if (isInOrder(endpoint)) return endpoint;
  const { health } = endpoint;
  return {
    ...endpoint,
    health: health.status === 'unhealthy' ? { ...health, passesNeeded: 1 } : health,
    changedAtMs: epochMs,
  };
}

function isInOrder({ health, tokenAccess }: EndpointState): boolean {
  const isTokenDoubtful = tokenAccess.status === 'refused' || tokenAccess.status === 'doubted';
  return health.status === 'healthy' && !isTokenDoubtful;
}

/** Drops wishes about removed endpoints. */
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
  return wishes.automation === 'paused' || endpointIds.length === 0
    ? []
    : [{ kind: 'probe_now', endpointIds }];
}
