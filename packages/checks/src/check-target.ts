import type { Secret } from '@zephyr/runtime/secret';

/** What a check needs to know of an endpoint. */
export interface CheckTarget {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly token: Secret;
  readonly model: string;
  /** Of the whole check; a program that ignores SIGTERM gets two seconds more. */
  readonly timeoutMs: number;
  readonly claudeBinaryPath?: string | undefined;
}
