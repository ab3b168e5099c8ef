/**
 * Replaces a running `zephyr start` without downtime, for example by another version.
 *
 *     first ──starts, with its listening sockets──► next       both accept from the same queue
 *     first ◄──ready────────────────────────────── next
 *     first: its services finish the active answers and end; Redis, the terminal and the process itself stay
 *     first ──once more: the sockets of the next──► next after that …
 *
 * The first process stays, so that its supervisor (a terminal, systemd, launchd) sees one process.
 */
import type { Address } from '@zephyr/runtime/config/variables/own-variables';
import { SERVICE_NAMES, type ServiceName } from '@zephyr/runtime/service-name';
import { z } from 'zod';

/** The variable that gives a successor process its part. */
export const SUCCESSION = 'ZEPHYR_SUCCESSION';

const handedOverSchema = z.record(
  z.enum(SERVICE_NAMES),
  z.object({ host: z.string(), port: z.number(), fds: z.array(z.number()) }),
);
/** Where each service already listens. */
export type HandedOver = Readonly<
  Record<ServiceName, Address & { readonly fds: readonly number[] }>
>;

/** @throws ZodError */
export function parseHandedOver(text: string): HandedOver {
  return handedOverSchema.parse(JSON.parse(text));
}

/** From the next process to the first; `listener` carries the socket. */
export const fromNextSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), version: z.string() }),
  z.object({
    kind: z.literal('listener'),
    service: z.enum(SERVICE_NAMES),
    /** How many are still to come. */
    left: z.number(),
  }),
]);
export type FromNext = z.infer<typeof fromNextSchema>;

/** From the first process to the next. */
export const HAND_OVER = 'hand over';
