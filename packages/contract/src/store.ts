/**
 * Whether a process reaches Redis, and whether Redis accepts its writes. One vocabulary everywhere:
 *
 * - `connected`: it does.
 * - `away`: Redis does not answer.
 * - `refuses_writes`: Redis answers and stores nothing. Only the controller's state has it, by the leader's commits.
 */
import { z } from 'zod';

import { moment, type PlainOf } from './scalars.ts';

export const storeConnectionStatus = z.enum(['connected', 'away']);
export type StoreConnectionStatus = z.infer<typeof storeConnectionStatus>;

const connections = [
  z.object({ status: z.literal('connected') }),
  z.object({ status: z.literal('away'), sinceAtMs: moment }),
] as const;

export const storeConnectionSchema = z.discriminatedUnion('status', connections);
export type StoreConnection = PlainOf<typeof storeConnectionSchema>;

export const storeSchema = z.discriminatedUnion('status', [
  ...connections,
  z.object({ status: z.literal('refuses_writes'), sinceAtMs: moment }),
]);
