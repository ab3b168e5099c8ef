/**
 * The keys that say how the proxy treats requests: [failover], [timeouts], [limits], [sessions] and
 * [[clients]]. docs/data-path.md tells the reason of each default.
 */
import { RETRY_LIMITS } from '@zephyr/core';
import { z } from 'zod';

const milliseconds = z.number().int().positive().max(86_400_000);
const seconds = z.number().int().positive().max(86_400);
const count = z.number().int().positive().max(1_000_000);

const failover = z.strictObject({
  retry: z
    .enum(RETRY_LIMITS)
    .default('before_content')
    .describe(
      'Until when a failed request may go to another endpoint: not at all, only while nothing was sent, until the first byte of an answer, or until its first content. The later, the likelier it is billed twice.',
    ),
  max_retries: z
    .number()
    .int()
    .nonnegative()
    .max(5)
    .default(2)
    .describe(
      'How often one request may be sent again: it is delivered at most once more than this. Failed connects are not counted: nothing was sent.',
    ),
  retry_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe(
      'Retries that may fail, as a share of the requests of the last 10 s, so that an overloaded model does not get twice the traffic for long. A retry that is answered well is given back.',
    ),
  retries_per_second: z
    .number()
    .nonnegative()
    .max(100)
    .default(5)
    .describe(
      'Retries per second that are allowed besides that share, whatever the traffic: enough to rescue 50 running requests when their endpoint dies at once.',
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
  max_eject_seconds: seconds
    .default(300)
    .describe('The longest that this doubling goes to, in seconds.'),
  max_cool_down_seconds: seconds
    .default(1800)
    .describe(
      'The longest wait named by an endpoint that is believed, in seconds. A weekly limit must not take a model out for a week.',
    ),
});

const timeouts = z.strictObject({
  connect_ms: milliseconds
    .default(2_000)
    .describe('For the name lookup, TCP and TLS towards an endpoint.'),
  first_byte_ms: milliseconds
    .default(120_000)
    .describe(
      'From the request to the first event of a streaming answer, at most. While another endpoint can be asked, the wait follows what is usual for the endpoint and the size of the request: three times that, at least 5 s, and 45 s where nothing is usual yet.',
    ),
  first_byte_per_mib_ms: z
    .number()
    .int()
    .nonnegative()
    .max(3_600_000)
    .default(20_000)
    .describe(
      'Added to `first_byte_ms` for each MiB of the request: reading a long prompt takes its time.',
    ),
  whole_answer_ms: milliseconds
    .default(600_000)
    .describe(
      'From the request to the first byte of an answer that does not stream, which comes when all of it is ready.',
    ),
  gate_ms: milliseconds
    .default(5_000)
    .describe(
      'How long the start of a stream is held back to see whether content follows. Until then the request can still go elsewhere.',
    ),
  idle_ms: milliseconds
    .default(330_000)
    .describe(
      'The longest silence within an answer; pings count as life. Just above the 300 s after which Claude Code itself gives up.',
    ),
  client_stall_ms: milliseconds
    .default(60_000)
    .describe('For a client that takes nothing of its answer; then it is cut.'),
  total_ms: milliseconds.default(1_800_000).describe('For one request with all its attempts.'),
  headers_ms: milliseconds
    .default(10_000)
    .describe('For the headers of a client’s request to arrive.'),
  request_ms: milliseconds
    .default(120_000)
    .describe('For a client’s whole request to arrive: 32 MB at 2 Mbit/s.'),
  keep_alive_ms: milliseconds
    .default(150_000)
    .describe(
      'How long an idle connection of a client is kept. Claude Code reuses it for its next turn.',
    ),
  drain_delay_ms: z
    .number()
    .int()
    .nonnegative()
    .max(60_000)
    .default(0)
    .describe(
      'After the signal to stop: how long new connections are still taken, until a load balancer has noticed.',
    ),
  drain_ms: milliseconds
    .default(600_000)
    .describe(
      'After that delay: how long running answers may take to end. The grace period of a container must be longer.',
    ),
});

const limits = z.strictObject({
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
      'Memory for bodies that are buffered for a retry, all requests together, in MiB. Beyond it requests run without retries. One person gets at most as much as the others leave free: half of it, if alone.',
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
    .describe('Requests that one proxy runs at once; further ones are refused.'),
  active_requests_per_client: count
    .default(500)
    .describe(
      'Of these, how many may belong to one person’s key, or to one address where there are no keys.',
    ),
  connections: count.default(10_000).describe('Open connections of clients to one proxy.'),
  connections_per_address: count
    .default(2_000)
    .describe('Of these, how many may come from one address. Many people may share one.'),
});

const sessions = z.strictObject({
  stick: z
    .boolean()
    .default(true)
    .describe(
      'A Claude Code session keeps its endpoint while its prompt cache is there. `false`: each request goes to the active endpoint.',
    ),
  cache_lifetime_seconds: seconds
    .default(300)
    .describe(
      'How long the prompt cache lives without a request, in seconds: five minutes at the Messages API.',
    ),
});

const client = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,40}$/, 'expected 1 to 40 of letters, digits, . _ -')
    .describe('The person, as metrics and logs show them. No two clients have the same name.'),
  key_env: z
    .string()
    .min(1)
    .optional()
    .describe('The variable that holds the key, of 22 characters or more.'),
  key_file: z
    .string()
    .min(1)
    .optional()
    .describe('Instead of `key_env`: the file that holds the key.'),
  key_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in 64 hexadecimal digits')
    .optional()
    .describe(
      'Instead of `key_env`: the SHA-256 of the key, so that the key itself is nowhere here.',
    ),
});

export const dataPathTables = {
  failover: failover.prefault({}).describe('What the proxy does when an endpoint fails.'),
  timeouts: timeouts.prefault({}).describe('Time limits of the proxy, all in milliseconds.'),
  limits: limits.prefault({}).describe('How much one proxy takes on.'),
  sessions: sessions.prefault({}).describe('Which endpoint the next request of a session goes to.'),
  clients: z
    .array(client)
    .max(1000)
    .default([])
    .describe(
      'Who may use the proxy: one table for each person, with exactly one of the three keys. Without any, it serves this machine only, or with `server.open` everybody.',
    ),
};

export const extraPaths = z
  .array(z.string().regex(/^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/, 'expected a plain path'))
  .max(50);
