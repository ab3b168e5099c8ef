/** What is traced, and by whom: see load-opentelemetry.ts. */
import type { IncomingHttpHeaders } from 'node:http';

import type { FailureClass } from '@zephyr/contract/failure';
import type { RequestRecord } from '@zephyr/contract/usage';
import type { Operation } from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import type { Config, Secrets } from '@zephyr/runtime/config/config';
import type { Logger } from '@zephyr/runtime/logger';

import type { TraceHeaders } from '../upstream/request-headers.ts';

export interface TracedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly operation: Operation;
  /** The last decision that the snapshot follows from; undefined without a snapshot. */
  readonly decision: number | undefined;
}

export interface TracedEndpoint {
  readonly id: string;
  readonly target: { readonly hostname: string; readonly port: string };
}

/** Of one request: its attempts, one after the other, then its end. */
export interface RequestTrace {
  /** Returns what carries the trace on. */
  asks(endpoint: TracedEndpoint): TraceHeaders;
  /** The endpoint that was asked last. @param status undefined: it gave no answer, or not a refusal */
  failed(failure: FailureClass, status: number | undefined): void;
  /** @param ttftMs since it was asked; undefined where the answer has no content */
  answered(status: number, ttftMs: number | undefined): void;
  /** @param status that the client was given; undefined: none */
  ended(record: RequestRecord, status: number | undefined): void;
}

export interface Tracing {
  begin(request: TracedRequest): RequestTrace;
  /** Sends what is left, for a moment. */
  stop(): Promise<void>;
}

export interface TracingDeps {
  readonly config: Config['traces'];
  /** Sent along. */
  readonly headers: Secrets['traceHeaders'];
  readonly instanceId: string;
  readonly clock: Clock;
  readonly log: Logger;
}
