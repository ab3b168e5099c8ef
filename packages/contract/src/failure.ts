/** How a probe or a request can fail. */
import { z } from 'zod';

/**
 * Classes that people can act on. Probes and live requests share them, so both count towards one
 * score. `causeOf` in core says who must act; `@zephyr/texts` has a name and advice for each.
 */
export const FAILURE_CLASSES = [
  'outbound_proxy',
  'dns',
  'connection_refused',
  'connect_timeout',
  'tls',
  'reset',
  'first_byte_timeout',
  'idle_timeout',
  'timeout',
  'truncated',
  'not_claude',
  'server_error',
  'overloaded',
  'rate_limited',
  'token_refused',
  'credit',
  'forbidden',
  'model_not_found',
  'unsupported',
  'foreign_thinking',
  'client_error',
  'cli_missing',
  'cli_crashed',
] as const;

export const failureClass = z.enum(FAILURE_CLASSES);
export type FailureClass = z.infer<typeof failureClass>;
