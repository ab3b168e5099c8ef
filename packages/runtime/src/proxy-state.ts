/**
 * What a proxy tells everybody who reaches it: the events `state` of `GET /status/events`, in the
 * shapes of the admin API. Names, health and counts only: no URL, no token, no name of a person.
 */
import type { ApiEndpoint, ApiState } from './api.ts';

export type ProxyEndpoint = Pick<
  ApiEndpoint,
  'id' | 'name' | 'groupName' | 'rank' | 'enabled' | 'available' | 'removal' | 'activeRequests'
> & {
  readonly health: { readonly status: ApiEndpoint['health']['status'] };
  /** The parts of a score are the controller's knowledge. */
  readonly score:
    | { readonly status: 'unknown' }
    | { readonly status: 'known'; readonly totalMs: number };
};

/** Moments are milliseconds since 1970 by the proxy's clock, those of the selection by the controller's. */
export interface ProxyState
  extends Pick<ApiState, 'atMs' | 'language' | 'store' | 'mode' | 'selection'> {
  /** Where the web dashboard listens, on the same host unless something stands in front. */
  readonly dashboardPort: number;
  readonly proxy: { readonly id: string; readonly status: 'serving' | 'draining' };
  /** Where the order of the endpoints comes from; `redis` is the usual state. */
  readonly source: 'redis' | 'disk' | 'config';
  readonly activeRequests: number;
  readonly endpoints: readonly ProxyEndpoint[];
}
