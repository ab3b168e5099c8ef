import type { Clock } from '@zephyr/runtime/clock';
import type { EndpointHeaders } from '@zephyr/runtime/config/derived/endpoint-headers';
import type { EndpointConnection } from '@zephyr/runtime/connection/endpoint-agent';
import type { StartGate } from './claude-cli/start-gate.ts';
import type { ProbeUsers } from './process/probe-users.ts';

/** What a probe needs to know about an endpoint. */
export interface ProbeTarget {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Sent with each request to a model. */
  readonly headers: EndpointHeaders;
  /** Absent: a direct connection, with the default certificate authorities. */
  readonly connection?: EndpointConnection | undefined;
  readonly model: string;
  /** For the whole probe; a program that ignores SIGTERM gets two more seconds. */
  readonly timeoutMs: number;
  readonly claudeBinaryPath?: string | undefined;
}

/** Shared by all probes of one process. */
export interface ProbeRun {
  /** Ends the probe immediately; its verdict is then meaningless. */
  readonly signal: AbortSignal;
  readonly gate: StartGate;
  /** Absent: programs run as our own user. */
  readonly users?: ProbeUsers | undefined;
  /** Absent: the system's. */
  readonly clock?: Clock | undefined;
}
