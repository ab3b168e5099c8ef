/**
 * How far the page can trust its data:
 *
 *     connecting --(state)--> live --(silence or error)--> stale --(state)--> live
 *     connecting --(error)--> failed --(state)--> live
 *     any --(the server asks for a token)--> login --(logged in)--> connecting
 */

import { SILENCE_MS } from '@zephyr/contract/api/stream-timing';

export type Link =
  | { readonly status: 'connecting' }
  | { readonly status: 'live'; readonly lastAtMs: number }
  | { readonly status: 'stale'; readonly lastAtMs: number }
  | { readonly status: 'failed' }
  | { readonly status: 'login' };

/** @param epochMs by this machine's clock, as for all times of a Link */
export function received(epochMs: number): Link {
  return { status: 'live', lastAtMs: epochMs };
}

export function lost(link: Link): Link {
  switch (link.status) {
    case 'live':
    case 'stale':
      return { status: 'stale', lastAtMs: link.lastAtMs };
    case 'login':
      return link;
    default:
      return { status: 'failed' };
  }
}

export function silent(link: Link, epochMs: number): Link {
  return link.status === 'live' && epochMs - link.lastAtMs > SILENCE_MS ? lost(link) : link;
}
