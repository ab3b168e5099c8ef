import type { Secret } from '@zephyr/runtime/secret';

import type { ProbeUsers } from './probe-users.ts';
import type { StartGate } from './start-gate.ts';

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

/** What the checks of one program share. */
export interface CheckRun {
  /** Ends the check at once; its verdict then says nothing. */
  readonly signal: AbortSignal;
  readonly gate: StartGate;
  /** Absent: programs run as the user that we are. */
  readonly users?: ProbeUsers | undefined;
}
