/**
 * Traces: one span per request, with a child span per attempt. Without a receiver in `[traces]`, OpenTelemetry
 * is not loaded, and requests only check whether they have a trace. docs/operations.md describes the spans.
 */
import type { Tracing, TracingDeps } from './request-trace.ts';

/** Undefined: off. */
export async function openTracing(deps: TracingDeps): Promise<Tracing | undefined> {
  const { otlpEndpoint } = deps.config;
  if (otlpEndpoint === undefined) return undefined;
  const { OtelTracing } = await import('./opentelemetry.ts');
  deps.log.info({ otlpEndpoint }, 'sending traces');
  return new OtelTracing(otlpEndpoint, deps);
}
