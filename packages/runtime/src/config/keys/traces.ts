/** [traces]: where spans of requests are sent. docs/operations.md describes them. */
import { z } from 'zod';

import { NEEDS_RESTART, needsRestartFor, variableName } from './values.ts';

export const traces = z.strictObject({
  otlp_endpoint: z
    .string()
    .optional()
    .describe(
      'Where to send traces by OTLP over HTTP: an OpenTelemetry Collector, Tempo, Jaeger and others. `/v1/traces` is appended unless the address ends in it. Not set: no traces.',
    )
    .meta({ ...NEEDS_RESTART, example: 'http://127.0.0.1:4318' }),
  headers_env: variableName
    .optional()
    .describe(
      'The variable that holds headers to send along, written as for `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,name=value`, with `%20` for a space.',
    )
    .meta({ ...needsRestartFor('traceHeaders'), example: 'OTLP_HEADERS' }),
  sample_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe(
      'The share of requests to trace. For a request with a `traceparent`, that header decides.',
    )
    .meta(NEEDS_RESTART),
});
