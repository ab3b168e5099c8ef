/** (a) Our rule: the real decision core, fed as the controller feeds it. */
import {
  type EndpointId,
  endpointId,
  epochMs,
  type FailureClass,
  initialWorld,
  type OutcomeCounts,
  type Policy,
  type Ramp,
  rampedEndpoint,
  reduce,
  type SnapshotContent,
  type World,
  type WorldEvent,
} from '@zephyr/core';

import type { Answer } from './nature.ts';
import { COSTS } from './nature.ts';
import type { Attempted, Load, PlaceRequest, Rule } from './rule.ts';

const GROUP = {
  name: 'all',
  intervalMs: 60_000,
  minIntervalMs: 30_000,
  maxIntervalMs: 3_600_000,
  dynamicScaling: true,
};
const PROXY = 'proxy';

interface Placed {
  readonly id: EndpointId;
  readonly generation: number;
  readonly tokens: number;
  readonly untilMs: number;
}

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
  readonly #sessions = new Map<number, Placed>();
  #counts: Record<
    string,
    {
      succeeded: number;
      failed: Partial<Record<FailureClass, number>>;
      ttft: { class: string; ms: number }[];
    }
  > = {};
  #world: World;
  #content: SnapshotContent | undefined;
  #receivedAtMs = 0;

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
    this.#world = initialWorld({
      atMs: epochMs(0),
      groups: [GROUP],
      endpoints: this.#ids.map((id) => ({ id, groupName: GROUP.name })),
    });
    this.#hear(0, { kind: 'tick' });
  }

  get world(): World {
    return this.#world;
  }

  #hear(atMs: number, event: WorldEvent): void {
    const input = { atMs: epochMs(atMs), event };
    const { next, effects } = reduce(this.#world, input, this.#policy);
    this.#watch?.(this.#world, input, next);
    this.#world = next;
    for (const effect of effects) {
      if (effect.kind !== 'publish') continue;
      this.#content = effect.content;
      this.#receivedAtMs = atMs;
    }
  }

  probed(endpoint: number, answer: Answer, atMs: number): void {
    const id = this.#id(endpoint);
    const sequence = (this.#sequences[endpoint] ?? 0) + 1;
    this.#sequences[endpoint] = sequence;
    this.#hear(atMs, {
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
            ? { status: 'ok', apiLatencyMs: answer.ms }
            : { status: 'failed', failure: answer.failure, detail: '' },
        usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
        costUsd: answer.status === 'ok' ? COSTS.probeUsd : 0,
      },
    });
  }

  probeIntervalMs(endpoint: number): number | undefined {
    const plan = this.#world.probePlans[this.#id(endpoint)];
    return plan?.status === 'scheduled' ? plan.intervalMs : undefined;
  }

  place({ atMs, session, seed }: PlaceRequest): readonly number[] {
    const content = this.#content;
    if (content === undefined) return this.#ids.map((_, index) => index);
    const first = this.#placeOf(content, { atMs, session, seed });
    return [first, ...content.order.filter((id) => id !== first)].map((id) =>
      this.#ids.indexOf(id),
    );
  }

  #placeOf(
    content: SnapshotContent,
    { atMs, session }: { atMs: number; session: number; seed: number },
  ): EndpointId {
    const placed = this.#sessions.get(session);
    const view = placed && content.endpoints[placed.id];
    const isKept =
      this.#policy.sessions.onSwitch === 'keep' &&
      placed !== undefined &&
      view?.available === true &&
      placed.untilMs > atMs &&
      placed.generation === (view.sessionGeneration ?? 0);
    if (isKept) return placed.id;
    return this.#throughRamp(content, { session, atMs });
  }

  #throughRamp(content: SnapshotContent, about: { session: number; atMs: number }): EndpointId {
    const { activeId } = content.selection;
    const ramp: Ramp | undefined = content.ramp;
    if (ramp === undefined) return activeId;
    const sinceReceivedMs = about.atMs - this.#receivedAtMs;
    return rampedEndpoint(ramp, { activeId, key: String(about.session), sinceReceivedMs });
  }

  attempted({ endpoint, atMs, session, contextTokens, answer }: Attempted): void {
    const id = this.#id(endpoint);
    const counts = this.#counts[id] ?? { succeeded: 0, failed: {}, ttft: [] };
    this.#counts[id] = counts;
    if (answer.status === 'failed') {
      counts.failed[answer.failure] = (counts.failed[answer.failure] ?? 0) + 1;
      return;
    }
    counts.succeeded += 1;
    if (counts.ttft.length < 32) counts.ttft.push({ class: 'sonnet/s/cached', ms: answer.ms });
    this.#sessions.set(session, {
      id,
      generation: this.#content?.endpoints[id]?.sessionGeneration ?? 0,
      tokens: contextTokens,
      untilMs: atMs + COSTS.cacheLifeMs,
    });
  }

  tick(atMs: number, load: Load): void {
    const endpoints: Record<string, OutcomeCounts> = this.#counts;
    this.#counts = {};
    if (Object.keys(endpoints).length > 0) {
      this.#hear(atMs, { kind: 'outcomes', batch: { proxyId: PROXY, endpoints } });
    }
    this.#hear(atMs, { kind: 'presence', report: this.#presence(atMs, load) });
  }

  #presence(atMs: number, load: Load) {
    const sessions: Record<string, { running: number; cachedTokens: { sonnet: number } }> = {};
    for (const [session, placed] of this.#sessions) {
      if (placed.untilMs <= atMs) {
        this.#sessions.delete(session);
        continue;
      }
      const own = sessions[placed.id] ?? { running: 0, cachedTokens: { sonnet: 0 } };
      own.running += 1;
      own.cachedTokens.sonnet += placed.tokens;
      sessions[placed.id] = own;
    }
    return {
      proxyId: PROXY,
      status: 'serving',
      activeRequests: Object.fromEntries(
        this.#ids.map((id, index) => [id, load.active[index] ?? 0]),
      ),
      ejections: Object.fromEntries(
        [...load.ejected].map(([endpoint, { failure, untilMs }]) => [
          this.#id(endpoint),
          { status: 'ejected' as const, failure, remainingMs: untilMs - atMs },
        ]),
      ),
      sessions,
    } as const;
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
