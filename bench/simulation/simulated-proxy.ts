/**
 * The proxy of the simulation: the core's own `Router`, retry table, retry budget and session table,
 * wired as services/proxy wires them; only the sending is left out.
 */

import type { FailureClass } from '@zephyr/contract/failure';
import type { OutcomeCounts } from '@zephyr/contract/outcome';
import type { PresenceReport } from '@zephyr/contract/presence';
import type { EndpointId } from '@zephyr/contract/scalars';
import type { SnapshotContent } from '@zephyr/contract/snapshot';
import {
  type ActiveEndpoint,
  decideRetry,
  type EjectionPolicy,
  Exploration,
  type FirstByteClass,
  isUnreachable,
  isWorthStaying,
  type Journey,
  LOOK_AGAIN_MS,
  latencyClassOf,
  type Refund,
  RetryBudget,
  type RoutedEndpoint,
  Router,
  rampedEndpoint,
  remainingMs,
  requestClassOf,
  SessionTable,
  STAY_PAUSE_MS,
  scopeOf,
} from '@zephyr/core';
import { failover } from '@zephyr/runtime/config/keys/failover';
import { timeouts } from '@zephyr/runtime/config/keys/timeouts';
import { internalForm } from '@zephyr/runtime/config/names-and-units';

import { COSTS, type Request } from './nature.ts';
import { seededRandom } from './random.ts';
import type { Answered, Failed, Step, Way } from './rule.ts';

const FAILOVER = internalForm(failover.parse({}));
const TIMEOUTS = internalForm(timeouts.parse({}));

/** Those of `[failover]` and `[timeouts]`, and of services/proxy/src/exchange/exchange.ts. */
const DEFAULTS = {
  ejection: {
    failuresToEject: FAILOVER.failuresToEject,
    baseMs: FAILOVER.ejectMs,
    maxMs: FAILOVER.maxEjectMs,
    maxCoolDownMs: FAILOVER.maxCoolDownMs,
  } satisfies EjectionPolicy,
  retries: { ratio: FAILOVER.retryRatio, perSecond: FAILOVER.retriesPerSecond },
  maxRetries: FAILOVER.maxRetries,
  firstByteMs: TIMEOUTS.firstByteMs,
  firstBytePerMibMs: TIMEOUTS.firstBytePerMibMs,
  unusualFirstByteMs: 45_000,
} as const;

const PROXY = 'proxy';
const GROUP = 'all';
const MAX_TTFT = 32;
const BYTES_PER_TOKEN = 4;

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
  /** Absent where sessions follow the active endpoint. */
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
      ? new SessionTable({ lifetimeMs: COSTS.cacheLifeMs, maxSessions: 10_000 })
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

  begin(request: Request, atMs: number): Way {
    this.budget.noteRequest(atMs);
    return new SimulatedExchange(this, request);
  }

  input(preferredId: EndpointId | undefined, nowMs: number) {
    const overloadedEverywhere = this.#content?.overloadedEverywhere ?? false;
    return { endpoints: this.#order, preferredId, overloadedEverywhere, nowMs };
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

  /** What it reports to the controller once in a while. */
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
      ejections: Object.fromEntries(
        this.ids.flatMap((id) => {
          const ejection = this.router.ejectionOf(id, nowMs);
          if (ejection.status === 'admitted') return [];
          const { status, failure } = ejection;
          return [[id, { status, failure, remainingMs: remainingMs(ejection, nowMs) }]];
        }),
      ),
      sessions: this.sessions?.loads((id) => this.generationOf(id), nowMs) ?? {},
    };
  }

  #countsOf(id: EndpointId): Counts {
    const counts = this.#counts.get(id) ?? { succeeded: 0, failed: {}, ttft: [] };
    this.#counts.set(id, counts);
    return counts;
  }
}

interface Undecided {
  readonly id: EndpointId;
  readonly failed: Failed;
  readonly failedAfterMs: number;
  looks: number;
}

/** One request, as services/proxy's `Exchange` takes it from endpoint to endpoint. */
class SimulatedExchange implements Way {
  readonly #proxy: SimulatedProxy;
  readonly #request: Request;
  readonly #journey: Journey;
  #class: FirstByteClass;
  readonly #refunds: Refund[] = [];
  #retries = 0;
  #running: EndpointId | undefined;
  #askedAtMs = 0;
  #last: Failed | undefined;
  #mayGoOn = true;
  #stayId: EndpointId | undefined;
  #hasStayed = false;
  /** The attempt that has just failed, and how often what follows from it was put off. */
  #undecided: Undecided | undefined;
  #hasAlternative = false;
  /** For the try that comes; given back where there is nobody left to ask. */
  #taken: Refund | undefined;

  constructor(proxy: SimulatedProxy, request: Request) {
    const { model, person, session, contextTokens } = request;
    this.#proxy = proxy;
    this.#request = request;
    const requestClass = requestClassOf({ model, bodyBytes: contextTokens * BYTES_PER_TOKEN });
    this.#class = { requestClass, isCached: false };
    const source = `${person} ${session}`;
    const fingerprint = `${source} ${contextTokens}`;
    this.#journey = proxy.router.begin({ operation: 'messages', model, source, fingerprint });
  }

  next(atMs: number): Step {
    const { router } = this.#proxy;
    const undecided = this.#undecided;
    if (undecided !== undefined) {
      if (!this.#decide(undecided, atMs)) return { kind: 'wait', forMs: LOOK_AGAIN_MS };
      this.#undecided = undefined;
    }
    const stay = this.#stayId;
    this.#stayId = undefined;
    if (stay !== undefined)
      return this.#ask(stay, { hasAlternative: true, pauseMs: STAY_PAUSE_MS, atMs });
    if (!this.#mayGoOn) return { kind: 'give_up', retryAfterMs: this.#last?.waitMs };
    const preferredId = this.#explore(atMs) ?? this.#proxy.preferredId(this.#request, atMs);
    const choice = router.choose(this.#journey, this.#proxy.input(preferredId, atMs));
    if (choice.kind !== 'send') {
      this.#taken?.();
      const retryAfterMs = choice.why === 'limited' ? choice.retryAfterMs : undefined;
      return { kind: 'give_up', retryAfterMs: this.#last?.waitMs ?? retryAfterMs };
    }
    const isCached = this.#proxy.placeOf(this.#request, atMs) === choice.id;
    this.#class = { ...this.#class, isCached };
    return this.#ask(choice.id, { hasAlternative: choice.hasAlternative, pauseMs: 0, atMs });
  }

  #explore(atMs: number): EndpointId | undefined {
    if (this.#journey.tried.size > 0 || this.#proxy.hasCache(this.#request, atMs)) return undefined;
    const input = this.#proxy.input(this.#proxy.preferredId(this.#request, atMs), atMs);
    const session = String(this.#request.session);
    const about = { session, of: this.#class, readingMs: this.#readingMs() };
    return this.#proxy.exploration.begin(this.#journey, input, about);
  }

  #ask(
    id: EndpointId,
    about: { readonly hasAlternative: boolean; readonly pauseMs: number; readonly atMs: number },
  ): Step {
    this.#running = id;
    this.#askedAtMs = about.atMs + about.pauseMs;
    this.#hasAlternative = about.hasAlternative;
    this.#proxy.noteActive(id, 1);
    const endpoint = this.#proxy.ids.indexOf(id);
    const limitMs = this.#limitMs(id, about.hasAlternative);
    return { kind: 'ask', endpoint, limitMs, pauseMs: about.pauseMs };
  }

  /** What reading the prompt may take where it is in no cache. */
  #readingMs(): number {
    const mib = (this.#request.contextTokens * BYTES_PER_TOKEN) / 2 ** 20;
    return mib * DEFAULTS.firstBytePerMibMs;
  }

  /** The last endpoint is waited for as long as is allowed; one that has others behind it is not. */
  #limitMs(id: EndpointId, hasAlternative: boolean): number {
    const { firstByteMs, unusualFirstByteMs } = DEFAULTS;
    const readingMs = this.#readingMs();
    const ceilingMs = firstByteMs + readingMs;
    const isLast = !hasAlternative || this.#retries >= DEFAULTS.maxRetries;
    if (isLast) return ceilingMs;
    const limits = { unusualMs: unusualFirstByteMs + readingMs, ceilingMs, readingMs };
    return this.#proxy.router.times.limitMs(id, this.#class, limits);
  }

  failed(endpoint: number, failed: Failed, atMs: number): void {
    const id = this.#idOf(endpoint);
    const { router } = this.#proxy;
    this.#leave();
    this.#last = failed;
    router.failed(this.#journey, { id, groupName: GROUP }, failed, atMs);
    const decision = decideRetry({
      phase: phaseOf(failed.failure),
      scope: scopeOf(failed.failure, 'messages'),
      isBodyBuffered: true,
      isRepeatable: true,
      retries: this.#retries,
      limit: 'before_content',
      maxRetries: DEFAULTS.maxRetries,
    });
    this.#mayGoOn = decision.kind === 'retry';
    this.#taken = undefined;
    if (decision.kind === 'stop' || !decision.isDelivery) return;
    this.#undecided = { id, failed, failedAfterMs: atMs - this.#askedAtMs, looks: 0 };
  }

  /** False where it looks again later. */
  #decide(undecided: Undecided, atMs: number): boolean {
    const { router, budget } = this.#proxy;
    const refund = budget.tryTake(atMs);
    const isFree = router.isRetryFree(this.#journey, this.#proxy.input(undefined, atMs));
    const { looks } = undecided;
    const hasAlternative = this.#hasAlternative;
    const next =
      refund === undefined ? budget.whenSpent({ isFree, hasAlternative, looks }) : 'send';
    if (next !== 'send') {
      undecided.looks += 1;
      this.#mayGoOn = false;
      return next === 'give_up';
    }
    this.#mayGoOn = true;
    if (refund !== undefined) this.#refunds.push(refund);
    this.#taken = refund;
    this.#retries += 1;
    if (refund !== undefined && this.#stays(undecided, atMs)) this.#stayId = undecided.id;
    return true;
  }

  #stays({ id, failed: { failure, waitMs }, failedAfterMs }: Undecided, atMs: number): boolean {
    const { router } = this.#proxy;
    const input = this.#proxy.input(undefined, atMs);
    const stays = isWorthStaying({
      ...{ failure, waitMs, operation: 'messages' },
      ...{ isCached: this.#class.isCached, readingMs: this.#readingMs() },
      ...{ isBusy: router.isBusy(this.#journey, id, atMs), hasStayed: this.#hasStayed },
      isBetterNext: router.isBetterNext(this.#journey, id, input),
      failedAfterMs,
      areRetriesLeft:
        this.#retries < DEFAULTS.maxRetries && this.#proxy.budget.available(atMs) >= 1,
    });
    this.#hasStayed ||= stays;
    return stays;
  }

  answered(endpoint: number, { ttftMs, cachedTokens }: Answered, atMs: number): void {
    const id = this.#idOf(endpoint);
    const { router, sessions } = this.#proxy;
    const { session, contextTokens, model } = this.#request;
    router.answered(this.#journey, id, atMs);
    for (const refund of this.#refunds) refund();
    const key = String(session);
    sessions?.noteContent(key, {
      endpointId: id,
      generation: this.#proxy.generationOf(id),
      client: null,
      ttftMs,
      elsewhereMs: this.#proxy.exploration.elsewhereMs(
        this.#journey,
        id,
        { ...this.#proxy.input(undefined, atMs), active: this.#proxy.activeEndpoint },
        { of: this.#class, readingMs: this.#readingMs() },
      ),
      nowMs: atMs,
    });
    const cacheWriteTokens = contextTokens - cachedTokens;
    const usage = {
      inputTokens: 0,
      outputTokens: 0,
      cacheReadTokens: cachedTokens,
      cacheWriteTokens,
    };
    sessions?.noteUsage(key, usage, model);
    router.times.note(id, this.#class, ttftMs);
    const latencyClass = latencyClassOf(this.#class.requestClass, cachedTokens > cacheWriteTokens);
    this.#proxy.noteFirstContent(id, { class: latencyClass, ms: ttftMs });
  }

  ended(how: 'whole' | 'cut' | 'unanswered', atMs: number): void {
    const { router } = this.#proxy;
    const id = this.#running;
    this.#leave();
    if (id !== undefined && how === 'whole') {
      router.completed(this.#journey, id, atMs);
      this.#proxy.noteSuccess(id);
    } else if (id !== undefined && how === 'cut') {
      router.cut(this.#journey, id, 'truncated', atMs);
    }
    router.ended(this.#journey, atMs);
  }

  #leave(): void {
    if (this.#running !== undefined) this.#proxy.noteActive(this.#running, -1);
    this.#running = undefined;
  }

  #idOf(endpoint: number): EndpointId {
    const id = this.#proxy.ids[endpoint];
    if (id === undefined) throw new RangeError(`no endpoint ${endpoint}`);
    return id;
  }
}

function phaseOf(failure: FailureClass): 'connecting' | 'sent' | 'answered' {
  if (isUnreachable(failure)) return 'connecting';
  return failure === 'reset' || failure === 'first_byte_timeout' ? 'sent' : 'answered';
}
