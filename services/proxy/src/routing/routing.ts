/**
 * Where requests go: the last routing snapshot in memory, corrected by this proxy's own observations
 * (`Router` of the core). Nothing here waits for anything.
 */
import type { FailureClass } from '@zephyr/contract/failure';
import type { RoutingSnapshot, SnapshotSource } from '@zephyr/contract/route/snapshot';
import type { EndpointId } from '@zephyr/contract/scalars';
import {
  type ActiveEndpoint,
  type Ejection,
  type EjectionPolicy,
  type EndpointChoice,
  Exploration,
  type FirstByteLimits,
  isForeign,
  type Journey,
  type RoutedEndpoint,
  type RoutedRequest,
  Router,
  SignatureFamilies,
  type TimedRequest,
  type TtftClass,
} from '@zephyr/core';
import type { Logger } from '@zephyr/runtime/logger';

import type { UpstreamEndpoint } from '../upstream/endpoints.ts';
import { newSessionEndpointOf } from './load-sharing.ts';

/** From the configuration; may change at run time. */
export interface RoutingSetup {
  /** In configured order. */
  readonly endpoints: readonly UpstreamEndpoint[];
  readonly policy: EjectionPolicy;
}

export interface RoutingDeps {
  readonly setup: RoutingSetup;
  readonly log: Logger;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** 0 ≤ n < 1. */
  readonly rng: () => number;
  /** Reports a failure of the endpoint, its token or its load, for the controller to count. */
  readonly onBlamed: (id: EndpointId, failure: FailureClass) => void;
}

export interface SnapshotState {
  readonly snapshot: RoutingSnapshot | undefined;
  readonly source: SnapshotSource;
  /** When Redis last confirmed it, monotonic. */
  readonly confirmedAtMs: number;
}

/** A failed attempt, before the client received any part of its answer. */
export interface AttemptFailure {
  readonly failure: FailureClass;
  /** The wait that the endpoint requested, if any. */
  readonly waitMs?: number | undefined;
}

/** Some days of a large team, in a few megabytes. */
const MAX_FAMILY_SESSIONS = 50_000;

/** A hypothetical request that is not sent. */
const ANY_REQUEST = { operation: 'messages', model: '', caller: '', fingerprint: '' } as const;

export class Routing {
  readonly #deps: RoutingDeps;
  readonly #router: Router;
  readonly #exploration: Exploration;
  readonly #families = new SignatureFamilies(MAX_FAMILY_SESSIONS);
  #setup: RoutingSetup;
  #endpoints: ReadonlyMap<EndpointId, UpstreamEndpoint>;
  /** In order of preference. */
  #order: readonly RoutedEndpoint[];
  #state: SnapshotState;
  #receivedAtMs = 0;

  constructor(deps: RoutingDeps) {
    this.#deps = deps;
    this.#setup = deps.setup;
    this.#endpoints = byId(deps.setup.endpoints);
    this.#router = new Router({
      policy: deps.setup.policy,
      rng: deps.rng,
      onChange: (id, _before, after) => this.#logChange(id, after),
      onBlamed: ({ id, failure }) => deps.onBlamed(id, failure),
    });
    this.#exploration = new Exploration(this.#router);
    this.#order = this.#arranged(undefined);
    this.#state = { snapshot: undefined, source: 'config', confirmedAtMs: deps.nowMs() };
  }

  get state(): SnapshotState {
    return this.#state;
  }

  get endpoints(): readonly UpstreamEndpoint[] {
    return this.#setup.endpoints;
  }

  endpoint(id: EndpointId): UpstreamEndpoint {
    const endpoint = this.#endpoints.get(id);
    if (endpoint === undefined) throw new Error(`no endpoint ${id}`);
    return endpoint;
  }

  ejectionOf(id: EndpointId): Ejection {
    return this.#router.ejectionOf(id, this.#deps.nowMs());
  }

  /** A changed configuration: new requests use it, active ones finish where they are. */
  reconfigure(setup: RoutingSetup): void {
    const before = this.#setup.endpoints;
    this.#setup = setup;
    this.#endpoints = byId(setup.endpoints);
    this.#router.reconfigure(setup.policy);
    // Another URL or token: observations made with the old one are void.
    for (const endpoint of before) {
      if (!setup.endpoints.includes(endpoint)) this.#router.forget(endpoint.id);
    }
    this.#order = this.#arranged(this.#state.snapshot);
  }

  /** Takes over a snapshot that was found to be newer. */
  adopt(snapshot: RoutingSnapshot, source: SnapshotSource): void {
    const known = this.#state.snapshot;
    for (const { id } of this.#setup.endpoints) {
      // Also after Redis was emptied: a changed number is news, an initial one is not.
      const before = known?.endpoints[id]?.recoveries ?? 0;
      if (known !== undefined && (snapshot.endpoints[id]?.recoveries ?? 0) > before) {
        this.#router.recover(id);
      }
    }
    this.#order = this.#arranged(snapshot);
    this.#receivedAtMs = this.#deps.nowMs();
    this.#state = { snapshot, source, confirmedAtMs: this.#receivedAtMs };
  }

  /** Redis still has our snapshot. */
  confirm(): void {
    this.#state = { ...this.#state, confirmedAtMs: this.#deps.nowMs() };
  }

  /** The endpoint that a request without history would get now. */
  current(): EndpointId | undefined {
    const choice = this.#router.preview(
      this.#router.begin(ANY_REQUEST),
      this.#input(undefined, ''),
    );
    return choice.kind === 'send' ? choice.id : undefined;
  }

  /** Rises when an endpoint's sessions must choose again. */
  generationOf(id: EndpointId): number {
    return this.#state.snapshot?.endpoints[id]?.sessionGeneration ?? 0;
  }

  /** Expected time of such a request where its session would move to: see `Exploration`. */
  elsewhereMs(
    journey: Journey,
    id: EndpointId,
    about: TimedRequest & { readonly model: string },
  ): number | undefined {
    const { snapshot } = this.#state;
    const active = snapshot && this.#goalOf(snapshot, id, journey.request);
    const input = { ...this.#input(undefined, about.model), active };
    return this.#exploration.elsewhereMs(journey, id, input, about);
  }

  /**
   * Where a session without a prompt cache starts, if not at the preferred endpoint; undefined if an operator
   * chose the endpoint.
   */
  explore(
    journey: Journey,
    preferredId: EndpointId | undefined,
    about: TimedRequest & { readonly model: string; readonly session: string },
  ): EndpointId | undefined {
    if (this.#state.snapshot?.mode.kind === 'manual') return undefined;
    return this.#exploration.begin(journey, this.#input(preferredId, about.model), about);
  }

  /**
   * Where a request or session without a place goes while traffic ramps to a new endpoint, or while several
   * endpoints share the load. Undefined: to the preferred endpoint.
   * @param about `session`: its id; undefined for a request without a session
   */
  newPlace(
    journey: Journey,
    about: { readonly session: string | undefined; readonly model: string },
  ): EndpointId | undefined {
    const { snapshot } = this.#state;
    if (snapshot?.ramp === undefined && snapshot?.shares === undefined) return undefined;
    const { endpoints, nowMs } = this.#input(undefined, about.model);
    return newSessionEndpointOf(snapshot, {
      key: about.session ?? String(this.#deps.rng()),
      sinceReceivedMs: nowMs - this.#receivedAtMs,
      isOpen: (id) => {
        const endpoint = endpoints.find((known) => known.id === id);
        if (endpoint === undefined || journey.tried.has(id)) return false;
        return this.#router.isOpen(endpoint, journey.request, nowMs);
      },
    });
  }

  /** The session's signature family; undefined if unknown. */
  signatureFamilyOf(session: string): string | undefined {
    return this.#families.of(session);
  }

  /** An endpoint answered the session, at this or another proxy. */
  noteAnswered(session: string, id: EndpointId): void {
    const endpoint = this.#endpoints.get(id);
    if (endpoint !== undefined) this.#families.note(session, endpoint.signatureFamily);
  }

  begin(request: RoutedRequest): Journey {
    return this.#router.begin(request);
  }

  /** Whether any endpoint serves only some models. */
  get hasModelRules(): boolean {
    return this.#setup.endpoints.some(({ models }) => models !== undefined);
  }

  /** Whether any endpoint serves it; the empty name is unknown, and counts as served. */
  isServed(model: string): boolean {
    return this.#setup.endpoints.some(({ models }) => models?.isServed(model) !== false);
  }

  /** All models that the endpoints serve, by the configuration: names and patterns. */
  servedModels(): readonly string[] {
    return [...new Set(this.#setup.endpoints.flatMap(({ models }) => models?.listed ?? ['*']))];
  }

  /** @param model that the endpoint must serve; empty: any */
  choose(journey: Journey, preferredId: EndpointId | undefined, model: string): EndpointChoice {
    return this.#router.choose(journey, this.#input(preferredId, model));
  }

  /** What `choose` would return, without side effects. */
  preview(journey: Journey, model: string): EndpointChoice {
    return this.#router.preview(journey, this.#input(undefined, model));
  }

  /**
   * How long to wait for the first content while another endpoint could be tried.
   * @param limits `unusualMs`: if no usual time is known; `ceilingMs`: the maximum
   */
  firstByteTimeoutMs(id: EndpointId, of: TtftClass, limits: FirstByteLimits): number {
    return this.#router.times.timeoutMs(id, of, limits);
  }

  /** Its connection had died while idle. */
  stale(journey: Journey, id: EndpointId): void {
    this.#router.stale(journey, id);
  }

  failed(journey: Journey, { id, groupName }: UpstreamEndpoint, failed: AttemptFailure): void {
    this.#router.failed(journey, { id, groupName }, failed, this.#deps.nowMs());
  }

  /** Whether it refused several requests in a row for this request's model. */
  isBusy(journey: Journey, id: EndpointId): boolean {
    return this.#router.isBusy(journey, id, this.#deps.nowMs());
  }

  /** Whether the next endpoint refuses clearly fewer requests for this model. */
  isBetterNext(journey: Journey, id: EndpointId, model: string): boolean {
    return this.#router.isBetterNext(journey, id, this.#input(undefined, model));
  }

  /** Whether a retry takes nothing from the budget. */
  isRetryFree(journey: Journey, model: string): boolean {
    return this.#router.isRetryFree(journey, this.#input(undefined, model));
  }

  /** Content arrived, or the endpoint reported in API format what is wrong with the request. */
  answered(journey: Journey, id: EndpointId): void {
    this.#router.answered(journey, id, this.#deps.nowMs());
  }

  noteFirstContent(id: EndpointId, of: TtftClass, ttftMs: number): void {
    this.#router.times.note(id, of, ttftMs);
  }

  completed(journey: Journey, id: EndpointId): void {
    this.#router.completed(journey, id, this.#deps.nowMs());
  }

  cut(journey: Journey, id: EndpointId, failure: FailureClass): void {
    this.#router.cut(journey, id, failure, this.#deps.nowMs());
  }

  /** The last call of every journey. */
  ended(journey: Journey): void {
    this.#router.ended(journey, this.#deps.nowMs());
  }

  /** Where a session of this endpoint would move to: nowhere if it shares load or is of another family. */
  #goalOf(
    { selection, shares, endpoints }: RoutingSnapshot,
    fromId: EndpointId,
    request: RoutedRequest,
  ): ActiveEndpoint {
    const { activeId } = selection;
    const active = this.#endpoints.get(activeId);
    const isSharing = shares?.some(({ id }) => id === fromId) === true;
    const isStaying = isSharing || (active !== undefined && isForeign(active, request));
    const id = isStaying ? fromId : activeId;
    return { id, scoreMs: endpoints[id]?.scoreMs };
  }

  /** Endpoints not named in the snapshot come last, in configured order. */
  #arranged(snapshot: RoutingSnapshot | undefined): readonly RoutedEndpoint[] {
    const order = snapshot?.order ?? [];
    const named = order.flatMap((id) => this.#endpoints.get(id) ?? []);
    const rest = this.#setup.endpoints.filter(({ id }) => !order.includes(id));
    return [...named, ...rest].map(({ id, groupName, priority, signatureFamily }) => {
      const view = snapshot?.endpoints[id];
      const { enabled = true, available = true } = view ?? {};
      return { id, groupName, priority, signatureFamily, enabled, available };
    });
  }

  /** Logs changes that matter to people: not each failure or trial. */
  #logChange(endpointId: EndpointId, after: Ejection): void {
    const { log, nowMs } = this.#deps;
    if (after.status === 'ejected') {
      const { failure } = after;
      const ejectedForMs = Math.round(after.untilAtMs - nowMs());
      log.warn({ endpointId, failure, ejectedForMs }, 'endpoint ejected');
    } else if (after.status === 'admitted') {
      log.info({ endpointId }, 'endpoint admitted again');
    }
  }

  #input(preferredId: EndpointId | undefined, model: string) {
    const isServed = (id: EndpointId) => this.#endpoints.get(id)?.models?.isServed(model) !== false;
    return {
      endpoints: model === '' ? this.#order : this.#order.filter(({ id }) => isServed(id)),
      preferredId,
      isOverloadedEverywhere: this.#state.snapshot?.isOverloadedEverywhere ?? false,
      nowMs: this.#deps.nowMs(),
    };
  }
}

const byId = (all: readonly UpstreamEndpoint[]) => new Map(all.map((each) => [each.id, each]));
