/** [limits]: the most that the proxy carries and buffers; docs/data-path.md has the reasons. */
import { z } from 'zod';

import { positiveCount } from './values.ts';

export const limits = z.strictObject({
  body_mib: z
    .number()
    .positive()
    .max(1024)
    .default(32)
    .describe('The largest body of a request, in MiB. The Messages API itself accepts 32 MB.'),
  buffered_bodies_mib: z
    .number()
    .nonnegative()
    .max(65_536)
    .default(256)
    .describe(
      'Memory for bodies that are buffered for a retry, all requests together, in MiB. Beyond it, requests run without retries. One person’s bodies may take at most as much as is still free: half of the memory if nobody else uses any.',
    ),
  header_kib: z
    .number()
    .int()
    .min(8)
    .max(256)
    .default(32)
    .describe('The largest total size of a request’s headers, in KiB.'),
  active_requests: positiveCount
    .default(2_000)
    .describe('The most concurrent requests of one proxy; more are refused.'),
  active_requests_per_client: positiveCount
    .default(500)
    .describe('The most of these with one person’s key, or from one address if there are no keys.'),
  connections: positiveCount.default(10_000).describe('The most client connections of one proxy.'),
  connections_per_address: positiveCount
    .default(2_000)
    .describe('The most of these from one address, which many people may share.'),
});
