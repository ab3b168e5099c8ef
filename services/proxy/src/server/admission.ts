/**
 * The first checks of a request: target, key, limits. An admitted request becomes an exchange; others are
 * answered here or handed to the proxy's own pages.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { BlockList } from 'node:net';
import type { EndpointId } from '@zephyr/contract/scalars';
import type { KeyVerdict } from '@zephyr/contract/status/proxy-status';
import { pauseUntilNext } from '@zephyr/runtime/clock';
import { isClientKey } from '@zephyr/runtime/credential';
import {
  addressOf,
  isFromForeignPage,
  isNavigation,
  isWatchersHost,
} from '@zephyr/runtime/http/visitor';
import { WATCHED_PATHS } from '@zephyr/runtime/http/watch-pages';

import { BUSY_RETRY_MS } from '../answer/retry-advice.ts';
import { type ErrorAnswer, type ErrorName, sendError } from '../answer/zephyr-errors.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { ExchangeDeps, ExchangeInput } from '../exchange/exchange-context.ts';
import { limitMessage } from '../people-limits/limit-message.ts';
import type { ActiveRequest } from '../report/active-request.ts';
import type { ProxyMetrics } from '../report/metrics.ts';
import type { UsageVisitor } from '../usage/usage-page.ts';
import { ActiveLimits } from './active-limits.ts';
import { ActiveRequests } from './active-request-list.ts';
import type { Admittance, Clients, Visitor } from './client-keys.ts';
import type { Connections } from './connections.ts';
import { readTarget, type TargetRefusal, type TargetRules } from './request-target.ts';

export interface AdmissionDeps {
  readonly exchange: ExchangeDeps;
  readonly clients: () => Clients;
  readonly metrics: ProxyMetrics;
  readonly rules: () => TargetRules;
  /** Proxies whose X-Forwarded-For is trusted; undefined: none. */
  readonly trustedProxies: () => BlockList | undefined;
  readonly connections: Pick<Connections, 'markKnown' | 'endsWith'>;
}

const ERROR_OF: Readonly<Record<TargetRefusal, ErrorName>> = {
  too_long: 'target_too_long',
  malformed: 'bad_request',
  unknown: 'not_found',
  method: 'method_not_allowed',
  base_url: 'base_url',
  forward_proxy: 'forward_proxy',
};

const AGE_POLL_MS = 1_000;

export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #active = new ActiveRequests<Exchange>();
  readonly #activeLimits = new ActiveLimits();
  readonly #stopping = new AbortController();

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
    void this.#checkAges();
  }

  stop(): void {
    this.#stopping.abort();
  }

  get activeRequests(): number {
    return this.#active.size;
  }

  /** The oldest active requests, for people: those that somebody is waiting for. */
  oldest(limit: number): readonly ActiveRequest[] {
    const requests: ActiveRequest[] = [];
    for (const { exchange, number, person } of this.#active.byAge()) {
      if (requests.length === limit) break;
      const progress = exchange.progress();
      if (progress === undefined) continue;
      requests.push({ ...progress, number, person });
    }
    return requests;
  }

  /** Streaming answers currently being relayed. Counted on demand, so that no count can leak. */
  streams(): ReadonlyMap<EndpointId, number> {
    const streams = new Map<EndpointId, number>();
    for (const { exchange } of this.#active.entries) {
      const id = exchange.streamingFrom();
      if (id !== undefined) streams.set(id, (streams.get(id) ?? 0) + 1);
    }
    return streams;
  }

  /** @param pages answers what is for the proxy itself */
  readonly handle = (req: IncomingMessage, res: ServerResponse, pages: RequestListener): void => {
    if (hasTwoHosts(req)) {
      this.#refuse(res, 'bad_request');
      return;
    }
    const target = readTarget(req.method ?? '', req.url ?? '', this.#deps.rules());
    if (isFromForeignPage(req.headers) && !isFollowedLink(req)) {
      this.#refuse(res, 'foreign_page');
    } else if (target.kind === 'refused') {
      // In a forward-proxy request, Host names another server.
      const address = target.why === 'base_url' ? addressIn(req) : undefined;
      this.#refuse(res, ERROR_OF[target.why], { address });
    } else if (target.kind === 'upstream') {
      this.#admit({ req, res, operation: target.operation, pathAndQuery: target.pathAndQuery });
    } else if (this.#canRead(req)) {
      pages(req, res);
    } else {
      this.#refuse(res, 'unknown_host');
    }
  };

  keyVerdictOn(req: IncomingMessage): KeyVerdict {
    return this.#deps.clients().verdictOn(this.#visitor(req), this.#deps.exchange.clock.nowMs());
  }

  /** By key only, which a browser sends as a password: people see only their own usage. */
  personOf(req: IncomingMessage): UsageVisitor {
    const visitor = this.#visitor(req);
    const { authorization } = visitor.headers;
    const hasKey = authorization !== undefined || visitor.headers['x-api-key'] !== undefined;
    const clients = this.#deps.clients();
    // Sending no key is not a guess: a browser asks for the key only afterwards.
    if (!hasKey && clients.access === 'keys') {
      return { kind: 'refused', why: 'unauthorized' };
    }
    const password = passwordIn(authorization);
    const headers =
      password === undefined ? visitor.headers : { ...visitor.headers, 'x-api-key': password };
    const admittance = clients.admit({ ...visitor, headers }, this.#deps.exchange.clock.nowMs());
    if (admittance.kind === 'refused') return admittance;
    return { kind: 'person', name: admittance.person };
  }

  /** Orchestrators and Prometheus may use any host name. */
  #canRead(req: IncomingMessage): boolean {
    return (
      this.#deps.clients().canReadPages(this.#visitor(req)) ||
      (WATCHED_PATHS.has(req.url ?? '') && isWatchersHost(req.headers.host, []))
    );
  }

  #visitor({ headers, socket }: IncomingMessage): Visitor {
    return {
      headers,
      address: addressOf(socket.remoteAddress ?? '', headers, this.#deps.trustedProxies()),
    };
  }

  #admit(asked: AskedRequest): void {
    const { req, res } = asked;
    if (hasUnwantedBody(req)) {
      // Its bytes must never be read as the next request, whoever is wrong about where it ends.
      this.#deps.connections.endsWith(res);
      res.setHeader('connection', 'close');
      this.#refuse(res, 'body_not_allowed');
      return;
    }
    const admittance = this.#deps
      .clients()
      .admit(this.#visitor(req), this.#deps.exchange.clock.nowMs());
    if (admittance.kind === 'refused') {
      this.#refuse(res, admittance.why);
      return;
    }
    this.#deps.connections.markKnown(req.socket);
    const { limits } = this.#deps.exchange.settings();
    const noSlot = this.#activeLimits.refusal(admittance.caller, this.#active.size, limits);
    if (noSlot === undefined) this.#runWithinLimits(asked, admittance);
    else this.#refuse(res, noSlot, { retryAfterMs: BUSY_RETRY_MS });
  }

  /** Free operations, such as counting tokens, have no limit of their own. */
  #runWithinLimits(asked: AskedRequest, admittance: Admitted): void {
    const { exchange, metrics } = this.#deps;
    const { person } = admittance;
    const isLimited = asked.operation === 'messages' || asked.operation === 'extra';
    const over = isLimited ? exchange.limits.over(person) : undefined;
    if (over === undefined) {
      this.#run(asked, admittance, isLimited ? person : undefined);
      return;
    }
    metrics.limitRefusals.inc({ limit: over.limit });
    const epochMs = exchange.clock.epochMs();
    const retryAfterMs = over.resetsAtMs === undefined ? BUSY_RETRY_MS : over.resetsAtMs - epochMs;
    this.#refuse(asked.res, 'over_limit', { limit: limitMessage(over), retryAfterMs });
  }

  /** @param limited whose limits count this request */
  #run(
    asked: AskedRequest,
    { person, caller, keySha256 }: Admitted,
    limited: string | undefined,
  ): void {
    const { limits } = this.#deps.exchange;
    if (limited !== undefined) limits.began(limited);
    this.#activeLimits.began(caller);
    this.#deps.exchange.stats.admitted(person);
    const input = { ...asked, person, caller };
    const exchange = new Exchange(this.#deps.exchange, input, () => {
      takeOut();
      this.#activeLimits.ended(caller);
      if (limited !== undefined) limits.ended(limited);
    });
    const takeOut = this.#active.add(exchange, { person, keySha256 });
    exchange.start();
  }

  /** Ends the requests of people who have been removed: abnormally for their clients. */
  endRevoked(): void {
    const clients = this.#deps.clients();
    for (const { exchange, keySha256 } of [...this.#active.entries]) {
      if (!clients.isStillAdmitted(keySha256)) exchange.endNow('unauthorized');
    }
  }

  /** Called when the drain limit has passed. */
  endAll(): void {
    for (const { exchange } of [...this.#active.entries]) exchange.endNow('busy');
  }

  async #checkAges(): Promise<void> {
    const { clock } = this.#deps.exchange;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await pauseUntilNext(clock, AGE_POLL_MS, signal);
      const nowMs = clock.nowMs();
      for (const { exchange } of [...this.#active.entries]) exchange.endIfTooOld(nowMs);
    }
  }

  #refuse(res: ServerResponse, name: ErrorName, rest: Omit<ErrorAnswer, 'name'> = {}): void {
    this.#deps.metrics.refusals.inc({ reason: name });
    if (this.#deps.exchange.isLast(res)) res.setHeader('connection', 'close');
    sendError(res, { name, ...rest });
  }
}

/** Password of `Basic`, whatever the user name. */
function passwordIn(authorization: string | undefined): string | undefined {
  const [, encoded] = /^Basic[ \t]+([A-Za-z0-9+/=]{1,1024})$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const password = pair.slice(pair.indexOf(':') + 1).trim();
  return isClientKey(password) ? password : undefined;
}

/** Only POST requests of the Messages API have a body; elsewhere, endpoints disagree about its meaning. */
function hasUnwantedBody({ method, headers }: IncomingMessage): boolean {
  if (method === 'POST') return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

type AskedRequest = Pick<ExchangeInput, 'req' | 'res' | 'operation' | 'pathAndQuery'>;

type Admitted = Extract<Admittance, { kind: 'admitted' }>;

/** Other sites may link to the status page: a linking page cannot read it. */
function isFollowedLink({ method, headers, url }: IncomingMessage): boolean {
  return (url === '/status' || url === '/') && isNavigation(method, headers);
}

/** The address that the client used; undefined if it could be anything else. */
function addressIn({ headers, socket }: IncomingMessage): string | undefined {
  const { host } = headers;
  const scheme = 'encrypted' in socket ? 'https' : 'http';
  return host !== undefined && /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?$/.test(host)
    ? `${scheme}://${host}`
    : undefined;
}

/** Node uses the first of two Host headers; another hop may use the second. */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}
