import type { UnavailableCode } from '@zephyr/contract/decide/decision';
import type { Notice } from '@zephyr/contract/decide/notice';
import type {
  CommandRefusal,
  OperatorCommand,
  OperatorWishes,
} from '@zephyr/contract/operate/operator-command';
import type { Mode } from '@zephyr/contract/route/selection';
import type { EndpointId, EpochMs } from '@zephyr/contract/scalars';
import { NANO } from '@zephyr/contract/units';

import { assertNever, epochMs } from '../../types.ts';
import { dayOf } from '../../usage/usage-by-hour.ts';
import type { Assessment } from '../assess/assessment.ts';
import { releaseSessions } from '../switch/apply-switch.ts';
import type { Step } from '../world/context.ts';
import { recovered } from '../world/ejection-recovery.ts';
import type { CommandOutcome, Effect } from '../world/inputs.ts';
import { sessionLoadOf } from '../world/presence.ts';
import { type World, withEndpoint } from '../world/world.ts';

export interface GivenCommand {
  readonly commandId: string;
  readonly command: OperatorCommand;
  readonly assessments: readonly Assessment[];
  readonly epochMs: EpochMs;
}

/** Applies one operator command, or refuses it; resulting switches are decided later. */
export function applyCommand(world: World, about: GivenCommand): Step {
  const result = run(world, about);
  const { outcome, effects } = result;
  const next = outcome.status === 'refused' ? world : afterWish(result.next, about);
  const wishes: readonly Effect[] =
    next.wishes === world.wishes ? [] : [{ kind: 'store_wishes', wishes: next.wishes }];
  const answer: Effect = { kind: 'answer', commandId: about.commandId, outcome };
  return { next, effects: [...effects, ...wishes, answer] };
}

interface Result {
  readonly next: World;
  readonly outcome: CommandOutcome;
  readonly effects: readonly Effect[];
}

function run(world: World, { command, assessments, epochMs }: GivenCommand): Result {
  switch (command.kind) {
    case 'probe':
      return probe(world, command.endpointId);
    case 'pause':
      return wish(world, { automation: 'paused' });
    case 'resume':
      return wish(world, { automation: 'running' });
    case 'pin':
      return command.endpointId === undefined
        ? pin(world, world.selection.activeId)
        : pinChosen(world, { ...command, endpointId: command.endpointId }, assessments);
    case 'unpin':
      return wish(world, { mode: { kind: 'auto' } });
    case 'enable':
      return enable(world, command.endpointId);
    case 'disable':
      return disable(world, command);
    case 'move-sessions':
      return move(world, command.fromId);
    case 'grant':
      return grant(world, command, epochMs);
    default:
      return assertNever(command);
  }
}

function probe(world: World, id: EndpointId | undefined): Result {
  if (id !== undefined && !isKnown(world, id)) return refuse(world, 'unknown_endpoint');
  if (id !== undefined && isDisabled(world, id)) return refuse(world, 'endpoint_disabled');
  const all = world.endpoints.map((endpoint) => endpoint.id).filter((e) => !isDisabled(world, e));
  const endpointIds = id === undefined ? all : [id];
  return applied(world, {
    next: awaitProbes(world, endpointIds),
    affected: endpointIds.length,
    effects: [{ kind: 'probe_now', endpointIds }],
  });
}

/** Ejections are inferred by proxies: an operator's choice overrides them. */
const ENDED_BY_A_WISH: ReadonlySet<UnavailableCode> = new Set(['ejected', 'cooling_down']);

/** Pinning or enabling an endpoint ends its ejections in all proxies. */
function afterWish(world: World, { command, epochMs }: GivenCommand): World {
  if (command.kind !== 'pin' && command.kind !== 'enable') return world;
  if (command.endpointId === undefined) return world;
  return withEndpoint(world, command.endpointId, (endpoint) => ({
    ...endpoint,
    recovery: recovered(endpoint.recovery, epochMs),
  }));
}

function awaitProbes(world: World, ids: readonly EndpointId[]): World {
  return ids.reduce(
    (before, id) =>
      withEndpoint(before, id, (endpoint) => ({
        ...endpoint,
        recovery: { ...endpoint.recovery, awaits: 'ordered_probe' },
      })),
    world,
  );
}

function pinChosen(
  world: World,
  command: Extract<OperatorCommand, { kind: 'pin' }> & { readonly endpointId: EndpointId },
  assessments: readonly Assessment[],
): Result {
  const { endpointId: id, force } = command;
  const chosen = assessments.find(({ endpoint }) => endpoint.id === id);
  if (chosen === undefined) return refuse(world, 'unknown_endpoint');
  if (isDisabled(world, id)) return refuse(world, 'endpoint_disabled');
  const canServe = chosen.unavailable.every((code) => ENDED_BY_A_WISH.has(code));
  if (!canServe && force !== true) return refuse(world, 'endpoint_unavailable');
  const pinned = pin(world, id);
  if (canServe) return pinned;
  const notice: Notice = { code: 'pin_unavailable', endpointId: id };
  return { ...pinned, effects: [{ kind: 'notice', notice }] };
}

/** Pinning moves all sessions: an operator who pins an endpoint expects it to be used. */
function pin(world: World, endpointId: EndpointId): Result {
  const result = wish(world, { mode: { kind: 'manual', endpointId } });
  return result.next === world ? result : { ...result, next: releaseSessions(result.next) };
}

function enable(world: World, id: EndpointId): Result {
  if (!isKnown(world, id)) return refuse(world, 'unknown_endpoint');
  return wish(world, { disabled: world.wishes.disabled.filter((other) => other !== id) });
}

function disable(
  world: World,
  { endpointId: id, force }: Extract<OperatorCommand, { kind: 'disable' }>,
): Result {
  if (!isKnown(world, id)) return refuse(world, 'unknown_endpoint');
  if (isDisabled(world, id)) return wish(world, {});
  const isLast = world.endpoints.every((other) => other.id === id || isDisabled(world, other.id));
  if (isLast && force !== true) return refuse(world, 'last_endpoint');
  return wish(world, { disabled: [...world.wishes.disabled, id] });
}

function move(world: World, fromId: EndpointId | undefined): Result {
  if (fromId !== undefined && !isKnown(world, fromId)) return refuse(world, 'unknown_endpoint');
  const ids = fromId === undefined ? world.endpoints.map(({ id }) => id) : [fromId];
  const affected = ids.reduce((sum, id) => sum + sessionLoadOf(world.proxies, id).active, 0);
  return applied(world, { next: releaseSessions(world, fromId), affected, effects: [] });
}

/** Adds to that day's grant (UTC); grants of other days have expired. */
function grant(
  world: World,
  { name, usd }: Extract<OperatorCommand, { kind: 'grant' }>,
  atMs: EpochMs,
): Result {
  const dayAtMs = epochMs(dayOf(atMs));
  const today = world.wishes.grants.filter((known) => known.dayAtMs === dayAtMs);
  const former = today.find((known) => known.name === name)?.usd ?? 0;
  const others = today.filter((known) => known.name !== name);
  // So that 0.1 + 0.2 is 0.3.
  const sum = Math.round((former + usd) * NANO) / NANO;
  return wish(world, { grants: [...others, { name, dayAtMs, usd: sum }] });
}

function wish(world: World, change: Partial<OperatorWishes>): Result {
  const wishes = { ...world.wishes, ...change };
  const isSame = JSON.stringify(wishes) === JSON.stringify(world.wishes);
  const status = isSame ? 'unchanged' : 'applied';
  return {
    next: isSame ? world : { ...world, wishes },
    outcome: { status, previousMode: world.wishes.mode, affected: 0 },
    effects: [],
  };
}

function applied(
  world: World,
  { next, affected, effects }: Omit<Result, 'outcome'> & { readonly affected: number },
): Result {
  const previousMode: Mode = world.wishes.mode;
  return { next, effects, outcome: { status: 'applied', previousMode, affected } };
}

function refuse(world: World, why: CommandRefusal): Result {
  return { next: world, effects: [], outcome: { status: 'refused', why } };
}

function isKnown(world: World, id: EndpointId): boolean {
  return world.endpoints.some((endpoint) => endpoint.id === id);
}

function isDisabled(world: World, id: EndpointId): boolean {
  return world.wishes.disabled.includes(id);
}
