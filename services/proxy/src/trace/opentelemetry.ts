/** Traces with the OpenTelemetry SDK. Loaded only if traces are sent: see load-opentelemetry.ts. */
import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  type ExportResult,
  ExportResultCode,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { FailureClass } from '@zephyr/contract/failure';
import type { RequestRecord } from '@zephyr/contract/usage/usage';
import { type Clock, pause } from '@zephyr/runtime/clock';
import { VERSION } from '@zephyr/runtime/version';

import type { TraceHeaders } from '../upstream/request-headers.ts';
import type {
  RequestTrace,
  TracedEndpoint,
  TracedRequest,
  Tracing,
  TracingDeps,
} from './request-trace.ts';
import { attemptSpan, requestSpan, type SpanFacts, type TracedAttempt } from './span-attributes.ts';

/** Spans beyond it are dropped: an unreachable receiver costs no more memory than this. */
const QUEUE_SPANS = 2_048;
const BATCH_SPANS = 512;
const BATCH_INTERVAL_MS = 2_000;
/** Limit for one batch, including retries. */
const EXPORT_TIMEOUT_MS = 10_000;
/** Limit for the rest at the end; a stop waits no longer for an unreachable receiver. */
const LAST_EXPORT_TIMEOUT_MS = 2_000;
const LINE_INTERVAL_MS = 60_000;
/** Model names come from clients. */
const MAX_VALUE_CHARACTERS = 200;

const propagator = new W3CTraceContextPropagator();

export class OtelTracing implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #clock: Clock;

  constructor(otlpEndpoint: string, deps: TracingDeps) {
    const { config, instanceId, clock } = deps;
    this.#clock = clock;
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({
        'service.name': 'zephyr-proxy',
        'service.version': VERSION,
        'service.instance.id': instanceId,
      }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.sampleRatio) }),
      spanLimits: { attributeValueLengthLimit: MAX_VALUE_CHARACTERS },
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: new WatchedExporter(exporterFor(otlpEndpoint, deps), deps),
          maxQueueSize: QUEUE_SPANS,
          maxExportBatchSize: BATCH_SPANS,
          scheduledDelayMillis: BATCH_INTERVAL_MS,
          exportTimeoutMillis: 2 * EXPORT_TIMEOUT_MS,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('claude-zephyr', VERSION);
  }

  begin(request: TracedRequest): RequestTrace {
    return new OtelRequestTrace(this.#tracer, request, this.#clock);
  }

  async stop(): Promise<void> {
    const limit = new AbortController();
    const stopped = this.#provider.shutdown().catch(() => undefined);
    await Promise.race([stopped, pause(this.#clock, LAST_EXPORT_TIMEOUT_MS, limit.signal)]);
    limit.abort();
  }
}

function exporterFor(otlpEndpoint: string, { headers }: TracingDeps): SpanExporter {
  const url = new URL(otlpEndpoint);
  const base = url.pathname.replace(/\/+$/, '');
  url.pathname = base.endsWith('/v1/traces') ? base : `${base}/v1/traces`;
  return new OTLPTraceExporter({
    url: url.href,
    headers: Object.fromEntries([...headers].map(([name, value]) => [name, value.reveal()])),
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
}

/** Logs lost traces, without the receiver's answer, which may echo a header. */
class WatchedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #deps: Pick<TracingDeps, 'clock' | 'log'>;
  #lineAtMs = Number.NEGATIVE_INFINITY;
  #lost = 0;

  constructor(exporter: SpanExporter, deps: Pick<TracingDeps, 'clock' | 'log'>) {
    this.#exporter = exporter;
    this.#deps = deps;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      if (result.code === ExportResultCode.FAILED) this.#note(spans.length, result.error);
      done({ code: ExportResultCode.SUCCESS });
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #note(spans: number, error: Error | undefined): void {
    this.#lost += spans;
    const { clock, log } = this.#deps;
    const nowMs = clock.nowMs();
    if (nowMs - this.#lineAtMs < LINE_INTERVAL_MS) return;
    this.#lineAtMs = nowMs;
    log.warn({ lostSpans: this.#lost, reason: codeOf(error) }, 'traces were not accepted');
    this.#lost = 0;
  }
}

/** An HTTP status, or a Node code such as `ECONNREFUSED`. */
function codeOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause ? cause.code : undefined;
    if (typeof code === 'string' || typeof code === 'number') return String(code);
  }
  return 'timeout';
}

interface OpenAttempt {
  readonly span: Span;
  readonly about: TracedAttempt;
  /** Undefined: it ends with the request. */
  readonly endedAtMs: number | undefined;
}

class OtelRequestTrace implements RequestTrace {
  readonly #tracer: Tracer;
  readonly #request: TracedRequest;
  readonly #clock: Clock;
  /** Added to the monotonic clock: a wall-clock time that does not jump. */
  readonly #zeroAtMs: number;
  readonly #span: Span;
  #attempts: OpenAttempt[] = [];

  constructor(tracer: Tracer, request: TracedRequest, clock: Clock) {
    this.#tracer = tracer;
    this.#request = request;
    this.#clock = clock;
    this.#zeroAtMs = clock.epochMs() - clock.nowMs();
    const parent = propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
    const options = { kind: SpanKind.SERVER, startTime: this.#time() };
    this.#span = tracer.startSpan(request.path, options, parent);
  }

  asks(endpoint: TracedEndpoint): TraceHeaders {
    const parent = trace.setSpan(ROOT_CONTEXT, this.#span);
    const options = { kind: SpanKind.CLIENT, startTime: this.#time() };
    const span = this.#tracer.startSpan(endpoint.id, options, parent);
    const number = this.#attempts.length + 1;
    const nothing = { failure: undefined, status: undefined, ttftMs: undefined };
    const about = { endpoint, number, ...nothing, isServed: false };
    this.#attempts.push({ span, about, endedAtMs: undefined });
    const headers: Record<string, string> = {};
    propagator.inject(trace.setSpan(ROOT_CONTEXT, span), headers, defaultTextMapSetter);
    return headers;
  }

  failed(failure: FailureClass, status: number | undefined): void {
    this.#change({ failure, status }, this.#clock.nowMs());
  }

  answered(status: number, ttftMs: number | undefined): void {
    this.#change({ status, ttftMs, isServed: true });
  }

  ended(record: RequestRecord, status: number | undefined): void {
    const failure = record.attempts.at(-1)?.failure ?? undefined;
    if (this.#attempts.at(-1)?.endedAtMs === undefined) this.#change({ failure });
    for (const { span, about, endedAtMs } of this.#attempts) {
      if (span.isRecording()) finish(span, attemptSpan(this.#request, record, about));
      span.end(this.#time(endedAtMs));
    }
    if (this.#span.isRecording()) finish(this.#span, requestSpan(this.#request, record, status));
    this.#span.end(this.#time());
  }

  #change(about: Partial<TracedAttempt>, endedAtMs?: number): void {
    const last = this.#attempts.pop();
    if (last === undefined) return;
    this.#attempts.push({ ...last, about: { ...last.about, ...about }, endedAtMs });
  }

  #time(atMs = this.#clock.nowMs()): HrTime {
    const epochMs = this.#zeroAtMs + atMs;
    const seconds = Math.floor(epochMs / 1_000);
    return [seconds, Math.round((epochMs - seconds * 1_000) * 1e6)];
  }
}

function finish(span: Span, { name, attributes, error }: SpanFacts): void {
  span.updateName(name);
  span.setAttributes(attributes);
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
}
