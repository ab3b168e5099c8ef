/**
 * How the proxy treats requests: [failover], [timeouts], [limits], [sessions] and [[clients]].
 * docs/data-path.md gives the reason of each default.
 */
import { RETRY_LIMITS } from '@zephyr/core';
import { z } from 'zod';

import { count, filePath, milliseconds, seconds } from './values.ts';

export const failover = z.strictObject({
  retry: z
    .enum(RETRY_LIMITS)
    .default('before_content')
    .describe(
      'Until when a failed request may go to another endpoint: not at all (`never`), while nothing was sent (`connect`), until the first byte of an answer (`before_headers`), or until its first content (`before_content`). The later, the likelier it is billed twice.',
    ),
  max_retries: z
    .number()
    .int()
    .nonnegative()
    .max(5)
    .default(2)
    .describe(
      'How often one request may be sent again. Failed connects do not count: nothing was sent.',
    ),
  retry_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe(
      'How many retries may fail, as a share of the requests of the last 10 seconds, so that an overloaded model does not get twice the traffic for long. A retry that is answered well is given back.',
    ),
  retries_per_second: z
    .number()
    .nonnegative()
    .max(100)
    .default(5)
    .describe(
      'Retries per second that are allowed besides that share, whatever the traffic: enough to rescue 50 active requests when their endpoint dies at once.',
    ),
  failures_to_eject: count
    .default(2)
    .describe(
      'Failures since the last good answer after which an endpoint is ejected: asked only after the others. A failed connect does it alone; one and the same request does not.',
    ),
  eject_seconds: seconds
    .default(10)
    .describe(
      'How long a failing endpoint is ejected the first time, in seconds; doubled with each repeat. Evidence that it serves ends it sooner.',
    ),
  max_eject_seconds: seconds.default(300).describe('The limit of this doubling, in seconds.'),
  max_cool_down_seconds: seconds
    .default(1800)
    .describe(
      'The longest wait that an endpoint may ask for (`retry-after`), in seconds. A weekly limit must not take a model out for a week.',
    ),
});

export const timeouts = z.strictObject({
  connect_ms: milliseconds.default(2_000).describe('Name lookup, TCP and TLS towards an endpoint.'),
  first_byte_ms: milliseconds
    .default(120_000)
    .describe(
      'From the request to the first event of a streaming answer, at most. While another endpoint can be asked, the wait adapts to the endpoint and the size of the request: three times what is usual, at least 5 s, and 45 s where nothing is known yet.',
    ),
  first_byte_per_mib_ms: z
    .number()
    .int()
    .nonnegative()
    .max(3_600_000)
    .default(20_000)
    .describe('Added to `first_byte_ms` for each MiB of the request: long prompts take longer.'),
  whole_answer_ms: milliseconds
    .default(600_000)
    .describe(
      'From the request to the first byte of an answer that does not stream: it comes when all of it is ready.',
    ),
  gate_ms: milliseconds
    .default(5_000)
    .describe(
      'How long the start of a stream is held back to see whether content follows. Until then the request can still go to another endpoint.',
    ),
  idle_ms: milliseconds
    .default(330_000)
    .describe(
      'The longest silence within an answer; pings count. Just above the 300 s after which Claude Code itself gives up.',
    ),
  client_stall_ms: milliseconds
    .default(60_000)
    .describe('How long a client may take nothing of its answer before it is disconnected.'),
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
      'After the signal to stop: how long new connections are still accepted, until a load balancer has noticed.',
    ),
  drain_ms: milliseconds
    .default(600_000)
    .describe(
      'After that delay: how long active requests may take to end. The grace period of a container must be longer.',
    ),
});

export const limits = z.strictObject({
  body_mib: z
    .number()
    .positive()
    .max(1024)
    .default(32)
    .describe('The largest body of a request, in MiB. The Messages API itself takes 32 MB.'),
  buffered_bodies_mib: z
    .number()
    .nonnegative()
    .max(65_536)
    .default(256)
    .describe(
      'Memory for bodies that are buffered for a retry, all requests together, in MiB. Beyond it, requests run without retries. One person gets at most as much as the others leave free: half of it, if alone.',
    ),
  header_kib: z
    .number()
    .int()
    .min(8)
    .max(256)
    .default(32)
    .describe('The largest headers of a request, all together, in KiB.'),
  active_requests: count
    .default(2_000)
    .describe('How many requests one proxy serves at the same time; more are rejected.'),
  active_requests_per_client: count
    .default(500)
    .describe(
      'How many of these may belong to one person’s key, or to one address where there are no keys.',
    ),
  connections: count.default(10_000).describe('How many client connections one proxy has open.'),
  connections_per_address: count
    .default(2_000)
    .describe('How many of these may come from one address. Many people may share one.'),
});

export const sessions = z.strictObject({
  stick: z
    .boolean()
    .default(true)
    .describe(
      'A Claude Code session stays with its endpoint while its prompt cache is warm. `false`: each request goes to the active endpoint.',
    ),
  cache_lifetime_seconds: seconds
    .default(300)
    .describe(
      'How long the prompt cache stays warm without a request, in seconds: five minutes at the Messages API.',
    ),
});

export const client = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,40}$/, 'expected 1 to 40 of letters, digits, . _ -')
    .describe('The person, as metrics and logs show them. Unique.'),
  key_env: z
    .string()
    .min(1)
    .optional()
    .describe('The variable that holds the key, of 22 characters or more.'),
  key_file: filePath.optional().describe('Or: the file that holds the key.'),
  key_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in 64 hexadecimal digits')
    .optional()
    .describe('Or: the SHA-256 of the key, so that the key itself is not here.'),
});
