import type { EndpointHeaders } from '@zephyr/runtime/config/endpoint-headers';
import type { EndpointConnection } from '@zephyr/runtime/connection/endpoint-connection';
import type { StartGate } from './claude-cli/start-gate.ts';
import type { ProbeUsers } from './process/probe-users.ts';

/** What a probe needs to know of an endpoint. */
export interface ProbeTarget {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Sent with each request that asks a model. */
  readonly headers: EndpointHeaders;
  /** Absent: directly, with the usual authorities. */
  readonly connection?: EndpointConnection | undefined;
  readonly model: string;
  /** Of the whole probe; a program that ignores SIGTERM gets two seconds more. */
  readonly timeoutMs: number;
  readonly claudeBinaryPath?: string | undefined;
}

/** What the probes of one program share. */
export interface ProbeRun {
  /** Ends the probe at once; its verdict then says nothing. */
  readonly signal: AbortSignal;
  readonly gate: StartGate;
  /** Absent: programs run as the user that we are. */
  readonly users?: ProbeUsers | undefined;
}
