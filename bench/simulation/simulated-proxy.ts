/**
 * The proxy of the simulation: the core's own `Router`, retry budget and session table, wired as
 * services/proxy wires them. `SimulatedExchange` is one request in it.
 */

import type { FailureClass } from '@zephyr/contract/failure';
import type { OutcomeCounts } from '@zephyr/contract/route/outcome';
import type { PresenceReport } from '@zephyr/contract/route/presence';
import type { SnapshotContent } from '@zephyr/contract/route/snapshot';
import type { EndpointId } from '@zephyr/contract/scalars';
import {
  type ActiveEndpoint,
  type EjectionPolicy,
  Exploration,
  ejectionReports,
  MAX_SESSIONS,
  RetryBudget,
  type RoutedEndpoint,
  Router,
  rampedEndpoint,
  SessionTable,
} from '@zephyr/core';
import { failover } from '@zephyr/runtime/config/keys/failover-and-ejection';
import { timeouts } from '@zephyr/runtime/config/keys/timeouts-and-drain';
import { internalForm } from '@zephyr/runtime/config/resolve/names-and-units';

import { COSTS, type Request } from './nature.ts';
import { seededRandom } from './random.ts';

const FAILOVER = internalForm(failover.parse({}));
const TIMEOUTS = internalForm(timeouts.parse({}));

/** Those of `[failover]` and `[timeouts]`, and of services/proxy/src/exchange/exchange.ts. */
export const DEFAULTS = {
  ejection: {
    failuresToEject: FAILOVER.failuresToEject,
    baseMs: FAILOVER.ejectMs,
    maxMs: FAILOVER.maxEjectMs,
    maxCoolDownMs: FAILOVER.maxCoolDownMs,
  } satisfies EjectionPolicy,
  retries: { ratio: FAILOVER.retryRatio, perSecond: FAILOVER.retriesPerSecond },
  failover: { retry: FAILOVER.retry, maxRetries: FAILOVER.maxRetries },
  firstByteMs: TIMEOUTS.firstByteMs,
  firstBytePerMibMs: TIMEOUTS.firstBytePerMibMs,
  unusualFirstByteMs: 45_000,
} as const;

const PROXY = 'proxy';
export const GROUP = 'all';
const MAX_TTFT = 32;

interface Counts {
  succeeded: number;
  failed: Partial<Record<FailureClass, number>>;
  ttft: { class: string; ms: number }[];
}

export class SimulatedProxy {
  readonly ids: readonly EndpointId[];
  readonly router: Router;
  readonly exploration: Exploration;
  readonly budget = new RetryBudget(DEFAULTS.retries);
  /** Absent if sessions follow the active endpoint. */
  readonly sessions: SessionTable | undefined;
  readonly active = new Map<EndpointId, number>();
  #counts = new Map<EndpointId, Counts>();
  #content: SnapshotContent | undefined;
  #order: readonly RoutedEndpoint[];
  #receivedAtMs = 0;

  constructor(ids: readonly EndpointId[], about: { readonly sessionsStick: boolean }) {
    const random = seededRandom(ids.length);
    this.ids = ids;
    this.router = new Router({
      policy: DEFAULTS.ejection,
      rng: () => random.next(),
      onBlamed: ({ id, failure }) => {
        const { failed } = this.#countsOf(id);
        failed[failure] = (failed[failure] ?? 0) + 1;
      },
    });
    this.exploration = new Exploration(this.router);
    this.sessions = about.sessionsStick
      ? new SessionTable({ lifetimeMs: COSTS.cacheLifeMs, maxSessions: MAX_SESSIONS })
      : undefined;
    this.#order = ids.map((id) => ({
      id,
      groupName: GROUP,
      priority: 1,
      enabled: true,
      available: true,
    }));
  }

  adopt(content: SnapshotContent, atMs: number): void {
    for (const id of this.ids) {
      const before = this.#content?.endpoints[id]?.recoveries ?? 0;
      if ((content.endpoints[id]?.recoveries ?? 0) > before) this.router.recover(id);
    }
    this.#content = content;
    this.#receivedAtMs = atMs;
    const rest = this.ids.filter((id) => !content.order.includes(id));
    this.#order = [...content.order, ...rest].map((id) => {
      const { enabled = true, available = true } = content.endpoints[id] ?? {};
      return { id, groupName: GROUP, priority: 1, enabled, available };
    });
  }

  input(preferredId: EndpointId | undefined, nowMs: number) {
    const isOverloadedEverywhere = this.#content?.isOverloadedEverywhere ?? false;
    return { endpoints: this.#order, preferredId, isOverloadedEverywhere, nowMs };
  }

  placeOf({ session }: Request, nowMs: number): EndpointId | undefined {
    return this.sessions?.placeOf(String(session), (id) => this.generationOf(id), nowMs);
  }

  preferredId(request: Request, nowMs: number): EndpointId | undefined {
    const place = this.placeOf(request, nowMs);
    if (place !== undefined) return place;
    const content = this.#content;
    if (content?.ramp === undefined) return undefined;
    const { activeId } = content.selection;
    return rampedEndpoint(content.ramp, {
      activeId,
      key: String(request.session),
      sinceReceivedMs: nowMs - this.#receivedAtMs,
    });
  }

  generationOf(id: EndpointId): number {
    return this.#content?.endpoints[id]?.sessionGeneration ?? 0;
  }

  get activeEndpoint(): ActiveEndpoint | undefined {
    const content = this.#content;
    if (content === undefined) return undefined;
    const id = content.selection.activeId;
    return { id, scoreMs: content.endpoints[id]?.scoreMs };
  }

  /** Whether the session's prompt is in a cache somewhere. */
  hasCache({ session }: Request, nowMs: number): boolean {
    return this.sessions?.hasCache(String(session), (id) => this.generationOf(id), nowMs) ?? true;
  }

  noteFirstContent(id: EndpointId, sample: { class: string; ms: number }): void {
    const { ttft } = this.#countsOf(id);
    if (ttft.length < MAX_TTFT) ttft.push(sample);
  }

  noteSuccess(id: EndpointId): void {
    this.#countsOf(id).succeeded += 1;
  }

  noteActive(id: EndpointId, change: 1 | -1): void {
    this.active.set(id, (this.active.get(id) ?? 0) + change);
  }

  /** What it periodically reports to the controller. */
  takeOutcomes(): Readonly<Record<string, OutcomeCounts>> {
    const outcomes = Object.fromEntries(this.#counts);
    this.#counts = new Map();
    return outcomes;
  }

  presence(nowMs: number): PresenceReport {
    return {
      proxyId: PROXY,
      status: 'serving',
      activeRequests: Object.fromEntries(this.ids.map((id) => [id, this.active.get(id) ?? 0])),
      ejections: ejectionReports(this.ids, (id) => this.router.ejectionOf(id, nowMs), nowMs),
      sessions: this.sessions?.loads((id) => this.generationOf(id), nowMs) ?? {},
    };
  }

  #countsOf(id: EndpointId): Counts {
    const counts = this.#counts.get(id) ?? { succeeded: 0, failed: {}, ttft: [] };
    this.#counts.set(id, counts);
    return counts;
  }
}
