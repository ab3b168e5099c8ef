/** [failover]: what happens after a failed attempt. docs/data-path.md gives the reason for each default. */
import { RETRY_LIMITS, RETRY_WINDOW_SECONDS } from '@zephyr/core';
import { z } from 'zod';

import { positiveCount, seconds } from './values.ts';

const RETRIES_PER_SECOND = 5;

export const failover = z.strictObject({
  retry: z
    .enum(RETRY_LIMITS)
    .default('before_content')
    .describe(
      'How late a failed request may still go to another endpoint: not at all (`never`), while nothing was sent (`connect`), until the first byte of an answer (`before_headers`), or until its first content (`before_content`). The later, the more likely it is billed twice.',
    ),
  max_retries: z
    .number()
    .int()
    .nonnegative()
    .max(5)
    .default(2)
    .describe(
      'How often one request may be sent again. Failed connections do not count, because nothing was sent.',
    ),
  retry_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe(
      `How many retries may fail, as a share of the requests of the last ${RETRY_WINDOW_SECONDS} seconds, so that an overloaded model does not get twice the traffic for long. A successful retry does not count.`,
    ),
  retries_per_second: z
    .number()
    .nonnegative()
    .max(100)
    .default(RETRIES_PER_SECOND)
    .describe(
      `Retries per second that are allowed on top of that share, whatever the traffic: enough to rescue ${RETRIES_PER_SECOND * RETRY_WINDOW_SECONDS} active requests if their endpoint suddenly dies.`,
    ),
  failures_to_eject: positiveCount
    .default(2)
    .describe(
      'Failures since the last good answer after which an endpoint is ejected: tried only after the others. One failed connection is enough; failures of a single request are not.',
    ),
  eject_seconds: seconds
    .default(10)
    .describe(
      'How long a failing endpoint is ejected the first time, in seconds; doubled with each repeat. Evidence that it works ends the ejection sooner.',
    ),
  max_eject_seconds: seconds.default(300).describe('The upper limit of this doubling, in seconds.'),
  max_cool_down_seconds: seconds
    .default(1800)
    .describe(
      'The longest wait that an endpoint may ask for (`retry-after`), in seconds. A weekly limit must not take a model out of use for a week.',
    ),
});
