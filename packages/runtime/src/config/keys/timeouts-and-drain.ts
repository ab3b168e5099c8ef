/**
 * [timeouts]: how long the proxy waits for endpoints and clients. docs/data-path.md gives the reason for each
 * default.
 */
import { HOUR_MS } from '@zephyr/contract/units';
import { FIRST_BYTE_NUMBERS } from '@zephyr/core';
import { z } from 'zod';

import { milliseconds } from './values.ts';

const { usualFactor, minTimeoutMs, unusualMs } = FIRST_BYTE_NUMBERS;

export const timeouts = z.strictObject({
  connect_ms: milliseconds.default(2_000).describe('Name lookup, TCP and TLS towards an endpoint.'),
  first_byte_ms: milliseconds
    .default(120_000)
    .describe(
      `From the request to the first event of a streaming answer, at most. While another endpoint can be tried, the wait adapts to the endpoint and the size of the request: ${usualFactor} times the usual time, at least ${minTimeoutMs / 1000} s, and ${unusualMs / 1000} s if nothing is known yet.`,
    ),
  first_byte_per_mib_ms: z
    .number()
    .int()
    .nonnegative()
    .max(HOUR_MS)
    .default(20_000)
    .describe('Added to `first_byte_ms` for each MiB of the request: long prompts take longer.'),
  whole_answer_ms: milliseconds
    .default(600_000)
    .describe(
      'From the request to the first byte of a non-streaming answer, which arrives only when complete.',
    ),
  gate_ms: milliseconds
    .default(5_000)
    .describe(
      'How long the start of a stream is buffered to see whether content follows. Until then the request can still go to another endpoint.',
    ),
  idle_ms: milliseconds
    .default(330_000)
    .describe(
      'The longest silence within an answer; pings count as activity. Just above the 300 s after which Claude Code itself gives up.',
    ),
  client_stall_ms: milliseconds
    .default(60_000)
    .describe('How long a client may read nothing of its answer before it is disconnected.'),
  total_ms: milliseconds.default(1_800_000).describe('One request with all its attempts.'),
  headers_ms: milliseconds
    .default(10_000)
    .describe('Until the headers of a client’s request have arrived.'),
  request_ms: milliseconds
    .default(120_000)
    .describe('Until a client’s whole request has arrived: 32 MB at 2 Mbit/s.'),
  keep_alive_ms: milliseconds
    .default(150_000)
    .describe(
      'How long an idle client connection stays open. Claude Code reuses it for its next request.',
    ),
  drain_delay_ms: z
    .number()
    .int()
    .nonnegative()
    .max(60_000)
    .default(0)
    .describe(
      'After the signal to stop: how long new connections are still accepted, so that a load balancer can notice.',
    ),
  drain_ms: milliseconds
    .default(600_000)
    .describe(
      'After that delay: how long active requests may take to finish. The grace period of a container must be longer.',
    ),
});
