/**
 * Where requests go: the last routing snapshot in memory, made more careful by what this proxy saw
 * itself. Nothing here waits for anything.
 */
import {
  abandonTrial,
  afterFailure,
  afterSuccess,
  beginTrial,
  type Candidate,
  type Choice,
  chooseEndpoint,
  type EjectionPolicy,
  type EndpointId,
  type FailureClass,
  IN_SERVICE,
  type LocalHealth,
  type RoutingSnapshot,
  rampedEndpoint,
  remainingMs,
} from '@zephyr/core';
import type { Logger } from '@zephyr/runtime/logger';

import type { Endpoint } from './endpoints.ts';

/** Where the order of endpoints came from, best first. */
export type SnapshotSource = 'redis' | 'disk' | 'config';

/** What the configuration says; may change while requests run. */
export interface RoutingSetup {
  /** In the configured order. */
  readonly endpoints: readonly Endpoint[];
  readonly policy: EjectionPolicy;
}

export interface RoutingDeps {
  readonly setup: RoutingSetup;
  readonly log: Logger;
  /** Monotonic. */
  readonly now: () => number;
  /** 0 ≤ n < 1. */
  readonly rng: () => number;
}

export interface SnapshotState {
  readonly snapshot: RoutingSnapshot | undefined;
  readonly source: SnapshotSource;
  /** When Redis last confirmed it, by the monotonic clock. */
  readonly confirmedAtMs: number;
}

interface Standing {
  readonly enabled: boolean;
  readonly available: boolean;
}

export class Routing {
  readonly #deps: RoutingDeps;
  #setup: RoutingSetup;
  #endpoints: ReadonlyMap<EndpointId, Endpoint>;
  readonly #local = new Map<EndpointId, LocalHealth>();
  #order: readonly Endpoint[];
  #standing = new Map<EndpointId, Standing>();
  /** What the next choice is among; undefined after a change. */
  #candidates: readonly Candidate[] | undefined;
  #state: SnapshotState;
  #receivedAtMs = 0;
  #lastPanicTrialAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: RoutingDeps) {
    this.#deps = deps;
    this.#setup = deps.setup;
    this.#endpoints = byId(deps.setup.endpoints);
    this.#order = deps.setup.endpoints;
    this.#state = { snapshot: undefined, source: 'config', confirmedAtMs: deps.now() };
  }

  get state(): SnapshotState {
    return this.#state;
  }

  get endpoints(): readonly Endpoint[] {
    return this.#setup.endpoints;
  }

  endpoint(id: EndpointId): Endpoint {
    const endpoint = this.#endpoints.get(id);
    if (endpoint === undefined) throw new Error(`no endpoint ${id}`);
    return endpoint;
  }

  local(id: EndpointId): LocalHealth {
    return this.#local.get(id) ?? IN_SERVICE;
  }

  /** A changed configuration: new requests see it, running ones end where they are. */
  reconfigure(setup: RoutingSetup): void {
    this.#setup = setup;
    this.#endpoints = byId(setup.endpoints);
    for (const id of this.#local.keys()) if (!this.#endpoints.has(id)) this.#local.delete(id);
    this.#arrange(this.#state.snapshot);
  }

  /** Takes a snapshot that was found newer. */
  adopt(snapshot: RoutingSnapshot, source: SnapshotSource): void {
    this.#arrange(snapshot);
    this.#receivedAtMs = this.#deps.now();
    this.#state = { snapshot, source, confirmedAtMs: this.#receivedAtMs };
  }

  /** Redis still has the snapshot that we have. */
  confirm(): void {
    this.#state = { ...this.#state, confirmedAtMs: this.#deps.now() };
  }

  /** The endpoint that a request without history would get now. */
  current(): EndpointId | undefined {
    const choice = chooseEndpoint(this.#choiceInput(new Set(), undefined));
    return choice.kind === 'send' ? choice.id : undefined;
  }

  /** Rises when the sessions of an endpoint shall choose anew. */
  generationOf(id: EndpointId): number {
    return this.#state.snapshot?.endpoints[id]?.sessionGeneration ?? 0;
  }

  /** What an answer of the active endpoint would take, where another one was asked. */
  scoreElsewhereMs(id: EndpointId): number | undefined {
    const { snapshot } = this.#state;
    const activeId = snapshot?.selection.activeId;
    if (snapshot === undefined || activeId === undefined || activeId === id) return undefined;
    return snapshot.endpoints[activeId]?.scoreMs;
  }

  /**
   * Where something without a place goes while traffic moves over to a new endpoint; undefined
   * when no switch is under way.
   * @param key The session's id; undefined for a request that belongs to none.
   */
  rampedPlace(key: string | undefined): EndpointId | undefined {
    const { snapshot } = this.#state;
    if (snapshot?.ramp === undefined) return undefined;
    return rampedEndpoint(snapshot.ramp, {
      activeId: snapshot.selection.activeId,
      key: key ?? String(this.#deps.now()),
      sinceReceivedMs: this.#deps.now() - this.#receivedAtMs,
    });
  }

  /** Until the first endpoint may be asked again. */
  soonestReturnMs(): number {
    const nowMs = this.#deps.now();
    return Math.min(...this.#order.map(({ id }) => remainingMs(this.local(id), nowMs)));
  }

  choose(tried: ReadonlySet<EndpointId>, preferredId: EndpointId | undefined): Choice {
    const input = this.#choiceInput(tried, preferredId);
    const choice = chooseEndpoint(input);
    if (choice.kind === 'send' && choice.as === 'trial') {
      this.#lastPanicTrialAtMs = input.nowMs;
      this.#set(choice.id, beginTrial(this.local(choice.id), input.nowMs));
    }
    return choice;
  }

  /** Content arrived, or the endpoint rightly refused the client's own mistake. */
  succeeded(id: EndpointId): void {
    this.#change(id, afterSuccess(this.local(id), this.#deps.now()));
  }

  failed(id: EndpointId, failure: FailureClass, retryAfterMs?: number): void {
    const { now, rng } = this.#deps;
    const input = { failure, retryAfterMs, random: rng(), nowMs: now() };
    this.#change(id, afterFailure(this.local(id), input, this.#setup.policy));
  }

  /** The client went away before the endpoint could show anything. */
  abandoned(id: EndpointId): void {
    this.#change(id, abandonTrial(this.local(id), this.#deps.now()));
  }

  /** Endpoints that the snapshot does not name come last, in the configured order. */
  #arrange(snapshot: RoutingSnapshot | undefined): void {
    const order = snapshot?.order ?? [];
    const named = order.flatMap((id) => this.#endpoints.get(id) ?? []);
    const rest = this.#setup.endpoints.filter(({ id }) => !order.includes(id));
    this.#order = [...named, ...rest];
    this.#candidates = undefined;
    this.#standing = new Map(
      Object.entries(snapshot?.endpoints ?? {}).map(([id, { enabled, available }]) => [
        id as EndpointId,
        { enabled, available },
      ]),
    );
  }

  #change(id: EndpointId, next: LocalHealth): void {
    const before = this.local(id);
    if (next === before) return;
    this.#set(id, next);
    // Only what people would call a change is told: not each failure, not each trial.
    if (next.status === 'out' && before.status === 'in_service') {
      const outForMs = Math.round(next.untilMs - this.#deps.now());
      this.#deps.log.warn({ endpointId: id, failure: next.failure, outForMs }, 'endpoint ejected');
    } else if (next.status === 'in_service' && before.status === 'trial') {
      this.#deps.log.info({ endpointId: id }, 'endpoint back in service');
    }
  }

  #set(id: EndpointId, next: LocalHealth): void {
    this.#local.set(id, next);
    this.#candidates = undefined;
  }

  #choiceInput(tried: ReadonlySet<EndpointId>, preferredId: EndpointId | undefined) {
    this.#candidates ??= this.#order.map(({ id }) => ({
      id,
      enabled: this.#standing.get(id)?.enabled ?? true,
      available: this.#standing.get(id)?.available ?? true,
      local: this.local(id),
    }));
    return {
      candidates: this.#candidates,
      tried,
      preferredId,
      lastPanicTrialAtMs: this.#lastPanicTrialAtMs,
      nowMs: this.#deps.now(),
    };
  }
}

function byId(endpoints: readonly Endpoint[]): ReadonlyMap<EndpointId, Endpoint> {
  return new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
}
