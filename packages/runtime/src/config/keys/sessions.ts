/**
 * [sessions]: how long a conversation stays with its endpoint. docs/data-path.md gives the reason for each
 * default.
 */
import { z } from 'zod';

import { seconds } from './values.ts';

export const sessions = z.strictObject({
  affinity: z
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
