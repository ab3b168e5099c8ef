/** (a) Our rule: the real decision core, fed as the controller feeds it, and the proxy's real routing. */
import type { EndpointId } from '@zephyr/contract/scalars';
import {
  endpointId,
  epochMs,
  groupSettingOf,
  initialWorld,
  type Policy,
  reduce,
  type World,
  type WorldEvent,
} from '@zephyr/core';
import { healthCheck, withIntervalBounds } from '@zephyr/runtime/config/keys/health-check';
import { internalForm } from '@zephyr/runtime/config/resolve/names-and-units';

import type { Answer, Request } from './nature.ts';
import { COSTS } from './nature.ts';
import type { Rule, Way } from './rule.ts';
import { SimulatedExchange } from './simulated-exchange.ts';
import { SimulatedProxy } from './simulated-proxy.ts';

const GROUP = groupSettingOf('all', {
  ...internalForm(withIntervalBounds(healthCheck.parse({}))),
  dynamicScaling: true,
});

/** What the simulation checks after every step; see invariants.test.ts. */
export type Watch = (
  before: World,
  input: { atMs: number; event: WorldEvent },
  after: World,
) => void;

export class ZephyrRule implements Rule {
  readonly name: string;
  readonly #policy: Policy;
  readonly #ids: readonly EndpointId[];
  readonly #watch: Watch | undefined;
  readonly #sequences: number[];
  readonly #proxy: SimulatedProxy;
  #world: World;

  constructor(about: {
    readonly name: string;
    readonly endpoints: number;
    readonly policy: Policy;
    readonly watch?: Watch | undefined;
  }) {
    this.name = about.name;
    this.#policy = about.policy;
    this.#watch = about.watch;
    this.#ids = Array.from({ length: about.endpoints }, (_, index) => endpointId(`e${index}`));
    this.#sequences = this.#ids.map(() => 0);
    const sessionsStick = about.policy.sessions.rebuildMsPerToken > 0;
    this.#proxy = new SimulatedProxy(this.#ids, { sessionsStick });
    this.#world = initialWorld({
      atMs: epochMs(0),
      groups: [GROUP],
      endpoints: this.#ids.map((id) => ({
        id,
        groupName: GROUP.name,
        styleChoice: 'fixed',
        preferenceMs: 0,
      })),
    });
    this.#take(0, { kind: 'tick' });
  }

  #take(atMs: number, event: WorldEvent): void {
    const input = { atMs: epochMs(atMs), event };
    const { next, effects } = reduce(this.#world, input, this.#policy);
    this.#watch?.(this.#world, input, next);
    this.#world = next;
    for (const effect of effects) {
      if (effect.kind === 'publish') this.#proxy.adopt(effect.content, atMs);
    }
  }

  probed(endpoint: number, answer: Answer, atMs: number): void {
    const id = this.#id(endpoint);
    const sequence = (this.#sequences[endpoint] ?? 0) + 1;
    this.#sequences[endpoint] = sequence;
    this.#take(atMs, {
      kind: 'probe',
      result: {
        endpointId: id,
        slot: `${id}:${sequence}`,
        sequence,
        style: 'cli',
        startedAtMs: epochMs(atMs),
        wallMs: answer.ms,
        verdict:
          answer.status === 'ok'
            ? { status: 'ok', latencyMs: answer.ms, firstByteMs: answer.ms }
            : { status: 'failed', failure: failureOf(answer), detail: '' },
        usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
        costUsd: answer.status === 'ok' ? COSTS.probeUsd : 0,
      },
    });
  }

  probeIntervalMs(endpoint: number): number | undefined {
    const plan = this.#world.probePlans[this.#id(endpoint)];
    return plan?.status === 'scheduled' ? plan.intervalMs : undefined;
  }

  begin(request: Request, { atMs }: { atMs: number }): Way {
    return new SimulatedExchange(this.#proxy, request, atMs);
  }

  tick(atMs: number): void {
    const endpoints = this.#proxy.takeOutcomes();
    const presence = this.#proxy.presence(atMs);
    if (Object.keys(endpoints).length > 0) {
      const batch = { proxyId: presence.proxyId, endpoints };
      this.#take(atMs, { kind: 'outcomes', batch });
    }
    this.#take(atMs, { kind: 'presence', report: presence });
  }

  selected(): number | undefined {
    return this.#ids.indexOf(this.#world.selection.activeId);
  }

  #id(endpoint: number): EndpointId {
    const id = this.#ids[endpoint];
    if (id === undefined) throw new RangeError(`no endpoint ${endpoint}`);
    return id;
  }
}

function failureOf(answer: Answer) {
  return answer.status === 'failed' ? answer.failure : 'truncated';
}
