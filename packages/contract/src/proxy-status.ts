/**
 * `GET /status/events` of a proxy, the feed of its status page: what it shows to everybody who reaches it,
 * in the shapes of the admin API. `GET /status` itself is program-status.ts. Names, health and counts only: no URL, no token, no name of a person.
 */
import { z } from 'zod';

import { apiEndpointSchema } from './api-endpoint.ts';
import { apiStateSchema } from './api-state.ts';
import { PROXY_STATUSES } from './presence.ts';
import { count, duration, endpointId, type PlainOf, webScheme } from './scalars.ts';
import { health, snapshotSource } from './snapshot.ts';

const proxyEndpointSchema = apiEndpointSchema
  .pick({
    id: true,
    name: true,
    groupName: true,
    rank: true,
    share: true,
    enabled: true,
    available: true,
    ejection: true,
    activeRequests: true,
  })
  .extend({
    health: z.object({ status: health }),
    /** Only the controller knows the parts of a score. */
    score: z.discriminatedUnion('status', [
      z.object({ status: z.literal('unknown') }),
      z.object({ status: z.literal('known'), totalMs: duration }),
    ]),
  });
export type ProxyEndpoint = PlainOf<typeof proxyEndpointSchema>;

/** Moments are by the proxy's clock, those of the selection by the controller's. */
const proxyStatusSchema = apiStateSchema
  .pick({ atMs: true, language: true, store: true, mode: true, selection: true })
  .extend({
    /** Where the web dashboard listens, on the same host unless there is a reverse proxy in front. */
    dashboardPort: count,
    dashboardScheme: webScheme,
    proxy: z.object({
      id: z.string(),
      version: z.string(),
      status: z.enum(PROXY_STATUSES),
      /** Not by the wall clock, which may jump. */
      uptimeMs: count,
    }),
    /** What it routes by. */
    snapshot: z.object({
      source: snapshotSource,
      /** Since it was last confirmed. */
      ageMs: count,
      /** Null before the first snapshot. */
      incarnation: z.string().nullable(),
      epoch: count.nullable(),
      version: count.nullable(),
    }),
    /** The endpoint that a new session would use; null where no endpoint can be used. */
    currentEndpointId: endpointId.nullable(),
    activeRequests: count,
    endpoints: z.array(proxyEndpointSchema),
  });
export type ProxyStatus = PlainOf<typeof proxyStatusSchema>;

/** What the proxy says to the key of whoever asks. `open`: it asks for none. */
export const KEY_VERDICTS = ['open', 'accepted', 'no_key', 'wrong_key'] as const;
export type KeyVerdict = (typeof KEY_VERDICTS)[number];

/** `GET /` of a proxy: what it is, to anybody. */
export const proxyHomeSchema = z.object({
  name: z.literal('claude-zephyr'),
  status: z.string(),
  health: z.string(),
  key: z.enum(KEY_VERDICTS),
});
export type ProxyHome = PlainOf<typeof proxyHomeSchema>;
