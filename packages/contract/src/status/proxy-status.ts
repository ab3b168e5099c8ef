/**
 * `GET /status/events` of a proxy, the feed of its status page, in the shapes of the admin API; `GET /status`
 * itself is program-status.ts. It is public to all who reach the proxy, so it has names, health and counts
 * only: no URL, no token, no person's name.
 */
import { z } from 'zod';

import { apiEndpointSchema } from '../api/api-endpoint.ts';
import { apiStateSchema } from '../api/api-state.ts';
import { PROXY_STATUSES } from '../route/presence.ts';
import { health, shownSnapshotSchema } from '../route/snapshot.ts';
import { count, duration, endpointIdSchema, type PlainOf, webScheme } from '../scalars.ts';
import { storeConnectionSchema } from '../store.ts';

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

/** Times are by the proxy's clock, those of the selection by the controller's. */
const proxyStatusSchema = apiStateSchema
  .pick({ atMs: true, language: true, mode: true, selection: true })
  .extend({
    store: storeConnectionSchema,
    /** Port of the web dashboard, on the same host unless there is a reverse proxy in front. */
    dashboardPort: count,
    dashboardScheme: webScheme,
    proxy: z.object({
      id: z.string(),
      version: z.string(),
      status: z.enum(PROXY_STATUSES),
      /** Not from the wall clock, which may jump. */
      uptimeMs: count,
    }),
    /** The snapshot in use. */
    snapshot: shownSnapshotSchema.extend({
      /** Since it was last confirmed. */
      ageMs: count,
    }),
    /** The endpoint that a new session would use; null if no endpoint can be used. */
    currentEndpointId: endpointIdSchema.nullable(),
    activeRequests: count,
    endpoints: z.array(proxyEndpointSchema),
  });
export type ProxyStatus = PlainOf<typeof proxyStatusSchema>;

/** The proxy's verdict on the caller's key. `open`: no key is required. */
export const KEY_VERDICTS = ['open', 'accepted', 'no_key', 'wrong_key'] as const;
export type KeyVerdict = (typeof KEY_VERDICTS)[number];

/** `GET /` of a proxy: what it is; needs no key. */
export const proxyHomeSchema = z.object({
  name: z.literal('claude-zephyr'),
  status: z.string(),
  health: z.string(),
  key: z.enum(KEY_VERDICTS),
});
export type ProxyHome = PlainOf<typeof proxyHomeSchema>;
