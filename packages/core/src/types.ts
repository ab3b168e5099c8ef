/** Types shared by all rooms. */
import type { EndpointId, EpochMs } from '@zephyr/contract/scalars';

export const endpointId = (slug: string): EndpointId => slug as EndpointId;
export const epochMs = (milliseconds: number): EpochMs => milliseconds as EpochMs;

/**
 * How far an attempt got that failed.
 * - `connecting`: the endpoint cannot have read any of the request.
 * - `sent`: it may have read the request; no byte of an answer arrived.
 * - `answered`: an answer arrived, but none of it has been passed to the client.
 *
 * An attempt whose answer is passed on has not failed: what cuts it from then on is the relay's to see.
 */
export type AttemptPhase = 'connecting' | 'sent' | 'answered';

/** Fails to compile if a case of a union is not handled. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
