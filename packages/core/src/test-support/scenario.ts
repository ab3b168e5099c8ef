/** A scenario for tests: timed events, and the core's decisions. */

import type { Decision } from '@zephyr/contract/decide/decision';
import type { Notice } from '@zephyr/contract/decide/notice';
import type { FailureClass } from '@zephyr/contract/failure';
import type { OperatorCommand } from '@zephyr/contract/operate/operator-command';
import type { ProbeStyle } from '@zephyr/contract/probe/probe';
import type { PresenceReport } from '@zephyr/contract/route/presence';
import type { EndpointId } from '@zephyr/contract/scalars';
import { HOUR_MS } from '@zephyr/contract/units';
import { DEFAULT_POLICY, type Policy } from '../decide/policy.ts';
import { reduce } from '../decide/reduce.ts';
import type {
  CommandOutcome,
  Effect,
  EndpointSetting,
  GroupSetting,
  Input,
  WorldEvent,
} from '../decide/world/inputs.ts';
import { initialWorld, type World, type WorldSetup } from '../decide/world/world.ts';
import { endpointId, epochMs } from '../types.ts';

export const GROUP: GroupSetting = {
  name: 'team',
  intervalMs: 60_000,
  minIntervalMs: 30_000,
  maxIntervalMs: HOUR_MS,
  dynamicScaling: false,
  realIntervalMs: HOUR_MS,
};

export const [A, B, C] = [endpointId('a'), endpointId('b'), endpointId('c')] as const;

export interface ScenarioSetup extends Partial<Omit<WorldSetup, 'groups'>> {
  readonly ids?: readonly EndpointId[];
  readonly group?: Partial<GroupSetting>;
  /** Endpoints with their own group, and so their own token; the others share one. */
  readonly alone?: readonly EndpointId[];
  readonly styleChoice?: EndpointSetting['styleChoice'];
  readonly preferencesMs?: Readonly<Record<string, number>>;
  readonly sharing?: Readonly<Record<string, EndpointSetting['sharing']>>;
  readonly policy?: Policy;
}

export class Scenario {
  world: World;
  atMs = 0;
  readonly policy: Policy;
  readonly inputs: Input[] = [];
  readonly effects: Effect[] = [];
  readonly start: World;
  #sequence = 0;

  constructor(about: ScenarioSetup = {}) {
    const { ids = [A, B], group, alone = [], policy = DEFAULT_POLICY, ...rest } = about;
    const { styleChoice = 'fixed', preferencesMs = {}, sharing = {}, ...setup } = rest;
    this.policy = policy;
    this.world = deepFreeze(
      initialWorld({
        atMs: epochMs(0),
        groups: [GROUP.name, ...alone].map((name) => ({ ...GROUP, ...group, name })),
        endpoints: ids.map((id) => ({
          ...{ id, groupName: alone.includes(id) ? id : GROUP.name, styleChoice },
          ...{ preferenceMs: preferencesMs[id] ?? 0, sharing: sharing[id] },
        })),
        ...setup,
      }),
    );
    this.start = this.world;
  }

  receive(event: WorldEvent): this {
    const input = deepFreeze({ atMs: epochMs(this.atMs), event });
    const { next, effects } = reduce(this.world, input, this.policy);
    this.world = deepFreeze(next);
    this.inputs.push(input);
    this.effects.push(...effects);
    return this;
  }

  /** Lets time pass, with a tick at its end. */
  pass(milliseconds: number): this {
    this.atMs += milliseconds;
    return this.receive({ kind: 'tick' });
  }

  probe(
    id: EndpointId,
    result: number | FailureClass,
    extra: {
      readonly style?: ProbeStyle;
      readonly costUsd?: number;
      readonly sequence?: number;
    } = {},
  ): this {
    this.#sequence += 1;
    return this.receive({
      kind: 'probe',
      result: {
        endpointId: id,
        slot: `${id}:${this.#sequence}`,
        sequence: extra.sequence ?? this.#sequence,
        style: extra.style ?? 'cli',
        startedAtMs: epochMs(this.atMs),
        wallMs: 1_000,
        verdict:
          typeof result === 'number'
            ? { status: 'ok', latencyMs: result }
            : { status: 'failed', failure: result, detail: 'scripted' },
        usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
        costUsd: extra.costUsd ?? 0,
      },
    });
  }

  /** Rounds of probes with the same results, a minute apart. */
  rounds(count: number, results: Readonly<Record<string, number | FailureClass>>): this {
    for (let round = 0; round < count; round += 1) {
      this.pass(60_000);
      for (const [id, result] of Object.entries(results)) this.probe(endpointId(id), result);
    }
    return this;
  }

  presence(report: Partial<PresenceReport> = {}): this {
    const base = { proxyId: 'p1', status: 'serving', activeRequests: {}, ejections: {} } as const;
    return this.receive({ kind: 'presence', report: { ...base, ...report } });
  }

  live(
    id: EndpointId,
    counts: {
      readonly succeeded?: number;
      readonly failed?: Partial<Record<FailureClass, number>>;
      readonly ttftMs?: readonly number[];
      /** The class of those times. */
      readonly class?: string;
    },
  ): this {
    const { succeeded = 0, failed = {}, ttftMs = [], class: name = 'sonnet/s/fresh' } = counts;
    const ttft = ttftMs.map((ms) => ({ class: name, ms }));
    const batch = { proxyId: 'p1', endpoints: { [id]: { succeeded, failed, ttft } } };
    return this.receive({ kind: 'outcomes', batch });
  }

  command(command: OperatorCommand): CommandOutcome {
    const before = this.effects.length;
    this.receive({ kind: 'command', commandId: `c${before}`, command });
    const answers = this.effects.slice(before).filter((effect) => effect.kind === 'answer');
    const [answer] = answers;
    if (answer === undefined || answers.length > 1) throw new Error('expected one answer');
    return answer.outcome;
  }

  get active(): EndpointId {
    return this.world.selection.activeId;
  }

  get reason(): string {
    return this.world.selection.reason;
  }

  get decisions(): readonly Decision[] {
    return this.effects.flatMap((effect) => (effect.kind === 'record' ? [effect.decision] : []));
  }

  /** The decisions in short: `planned faster a>b`. */
  get story(): readonly string[] {
    return this.decisions.map(
      ({ phase, reason, fromId, toId }) => `${phase} ${reason} ${fromId}>${toId}`,
    );
  }

  get notices(): readonly Notice['code'][] {
    return this.effects.flatMap((effect) => (effect.kind === 'notice' ? [effect.notice.code] : []));
  }

  /** The last published content. */
  get content() {
    const { published } = this.world;
    if (published.status === 'never') throw new Error('nothing was published');
    return published.content;
  }
}

/** Active requests by endpoint. */
export const withRequests = (activeRequests: Readonly<Record<string, number>>) => ({
  activeRequests,
});

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
