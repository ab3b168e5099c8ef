import type {
  RateLimitKind,
  RateLimitReport,
  RateLimitReports,
} from '@zephyr/contract/route/rate-limit';

import { type AnswerHeaders, momentIn, numberIn, one } from './endpoint-retry-after.ts';

const PREFIX = 'anthropic-ratelimit-';
/** A record, so that the compiler requires every kind of the contract. */
const KINDS: Readonly<Record<RateLimitKind, 'counts' | 'share'>> = {
  requests: 'counts',
  tokens: 'counts',
  'input-tokens': 'counts',
  'output-tokens': 'counts',
  'unified-5h': 'share',
  'unified-7d': 'share',
};
/** Names are built once: reading an answer without limits takes six lookups. */
const NAMES = (Object.keys(KINDS) as RateLimitKind[]).map((kind) => ({
  kind,
  /** Absent if the kind has no counts. */
  remaining: `${PREFIX}${kind}-remaining`,
  limit: `${PREFIX}${kind}-limit`,
  /** From 0 to 1; for a subscription's windows. */
  utilization: `${PREFIX}${kind}-utilization`,
  reset: `${PREFIX}${kind}-reset`,
  isUnified: KINDS[kind] === 'share',
}));

/** The limits reported by an answer; undefined if there are none. Malformed values are ignored. */
export function rateLimitsOf(
  headers: AnswerHeaders,
  epochMs: number,
): RateLimitReports | undefined {
  let found: { [Kind in keyof RateLimitReports]: RateLimitReport } | undefined;
  for (const names of NAMES) {
    const isNamed = headers[names.isUnified ? names.utilization : names.remaining] !== undefined;
    const report = isNamed ? reportOf(headers, names, epochMs) : undefined;
    if (report !== undefined) found = { ...found, [names.kind]: report };
  }
  return found;
}

function reportOf(
  headers: AnswerHeaders,
  names: (typeof NAMES)[number],
  epochMs: number,
): RateLimitReport | undefined {
  const resetAtMs = momentIn(one(headers, names.reset));
  if (resetAtMs === undefined) return undefined;
  const resetsInMs = Math.max(0, resetAtMs - epochMs);
  if (names.isUnified) {
    const used = numberIn(one(headers, names.utilization));
    if (used === undefined) return undefined;
    return { remainingShare: 1 - Math.min(1, used), resetsInMs };
  }
  const remaining = numberIn(one(headers, names.remaining));
  const limit = numberIn(one(headers, names.limit));
  if (remaining === undefined || limit === undefined || limit === 0) return undefined;
  const counts = { remaining: Math.floor(remaining), limit: Math.floor(limit) };
  return { ...counts, remainingShare: Math.min(1, remaining / limit), resetsInMs };
}
