/** What is traced, and where: see load-opentelemetry.ts. */
import type { IncomingHttpHeaders } from 'node:http';

import type { FailureClass } from '@zephyr/contract/failure';
import type { RequestRecord } from '@zephyr/contract/usage/usage';
import type { Operation } from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import type { Config, Secrets } from '@zephyr/runtime/config/config';
import type { Logger } from '@zephyr/runtime/logger';

import type { TraceHeaders } from '../upstream/request-headers.ts';

export interface TracedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  /** Excludes the query. */
  readonly path: string;
  readonly operation: Operation;
  /** The latest decision in the snapshot; undefined without a snapshot. */
  readonly decision: number | undefined;
}

export interface TracedEndpoint {
  readonly id: string;
  readonly target: { readonly hostname: string; readonly port: string };
}

/** The trace of one request: its attempts, one after the other, then its end. */
export interface RequestTrace {
  /** Returns the headers that continue the trace. */
  asks(endpoint: TracedEndpoint): TraceHeaders;
  /** For the latest attempt. @param status undefined: no answer, or not a refusal */
  failed(failure: FailureClass, status: number | undefined): void;
  /** @param ttftMs since the attempt began; undefined if the answer has no content */
  answered(status: number, ttftMs: number | undefined): void;
  /** @param status sent to the client; undefined: none */
  ended(record: RequestRecord, status: number | undefined): void;
}

export interface Tracing {
  begin(request: TracedRequest): RequestTrace;
  /** Sends the remaining traces, with a short limit. */
  stop(): Promise<void>;
}

export interface TracingDeps {
  readonly config: Config['traces'];
  /** Sent to the receiver. */
  readonly headers: Secrets['traceHeaders'];
  readonly instanceId: string;
  readonly clock: Clock;
  readonly log: Logger;
}
