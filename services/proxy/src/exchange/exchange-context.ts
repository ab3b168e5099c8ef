/** The state of one exchange, shared by its parts. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Operation, RetryBudget, SessionTable } from '@zephyr/core';
import type { Bursts } from '@zephyr/runtime/bursts';
import type { Clock } from '@zephyr/runtime/clock';
import type { DataPathConfig } from '@zephyr/runtime/config/config';
import type { Logger } from '@zephyr/runtime/logger';
import type { PeopleLimits } from '../people-limits/people-limits.ts';
import type { FailedRequests } from '../report/failed-request-log.ts';
import type { ProxyMetrics } from '../report/metrics.ts';
import type { RequestStats } from '../report/request-stats.ts';
import type { Serving } from '../report/serving.ts';
import type { Routing } from '../routing/routing.ts';
import type { RequestTrace, Tracing } from '../trace/request-trace.ts';
import type { ConnectionReuse } from '../upstream/connection-reuse.ts';
import type { Deadline, Deadlines } from '../upstream/deadline.ts';
import type { Transport } from '../upstream/transport.ts';
import type { Accounting } from '../usage/accounting.ts';
import type { BufferedBodies } from './buffered-bodies.ts';
import type { RequestBody } from './request-body.ts';
import type { SessionPlacement } from './session-placement.ts';

/** Shared by all exchanges of this proxy. */
export interface ExchangeDeps {
  /** The current settings; a request keeps those that it started with. */
  readonly settings: () => DataPathConfig;
  readonly routing: Routing;
  /** Undefined if session affinity is off. */
  readonly sessions: () => SessionTable | undefined;
  readonly send: Transport;
  readonly bufferedBodies: BufferedBodies;
  readonly budget: RetryBudget;
  readonly stats: RequestStats;
  readonly accounting: Accounting;
  readonly limits: PeopleLimits;
  readonly serving: Serving;
  readonly failedRequests: FailedRequests;
  readonly reuse: ConnectionReuse;
  readonly deadlines: Deadlines;
  readonly bursts: Bursts;
  readonly metrics: ProxyMetrics;
  /** Undefined: requests are not traced. */
  readonly tracing: Tracing | undefined;
  readonly log: Logger;
  readonly clock: Clock;
  /** 0 ≤ n < 1. */
  readonly rng: () => number;
  /** An endpoint of this group refused the team's token. */
  readonly onTokenRefused: (groupName: string) => void;
  /** Whether the connection ends with this answer, which then announces it: the proxy is stopping. */
  readonly isLast: (res: ServerResponse) => boolean;
}

export interface ExchangeInput {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly operation: Operation;
  /** Without the endpoint's base path. */
  readonly pathAndQuery: string;
  /** The owner of its key; `anonymous` if keys are not used. */
  readonly person: string;
  /** Groups the requests that count together: a person or, without keys, an address. */
  readonly caller: string;
}

export interface ExchangeContext {
  /** Identifies the request in errors of ours and in the log of requests. */
  readonly requestId: string;
  readonly deps: ExchangeDeps;
  readonly input: ExchangeInput;
  /** The settings that the request started with. */
  readonly settings: DataPathConfig;
  readonly body: RequestBody;
  readonly placement: SessionPlacement;
  readonly trace: RequestTrace | undefined;
  /** For the current wait: first those of the attempts, then those of the relay. */
  readonly deadline: Deadline;
}
