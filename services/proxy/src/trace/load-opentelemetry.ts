/**
 * Traces: a span of each request, and one of each attempt below it. Off unless `[traces]` names where
 * they go: then nothing of OpenTelemetry is loaded, and nothing is asked of a request but whether there
 * is a trace of it. docs/operations.md says what a span has.
 */
import type { Tracing, TracingDeps } from './request-trace.ts';

/** Undefined: off. */
export async function openTracing(deps: TracingDeps): Promise<Tracing | undefined> {
  const { otlpEndpoint } = deps.config;
  if (otlpEndpoint === undefined) return undefined;
  const { OtelTracing } = await import('./opentelemetry.ts');
  deps.log.info({ otlpEndpoint }, 'traces are sent');
  return new OtelTracing(otlpEndpoint, deps);
}
