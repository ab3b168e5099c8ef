/**
 * The wait that a refusal requests.
 *
 * `retry-after-ms`, or else `retry-after`, because they are about this request. Without them, the latest
 * `anthropic-ratelimit-<limit>-reset` of the exhausted limits: those whose `-remaining` is 0 or whose
 * `-status` is `rejected`. Resets of other limits are in every answer and request no wait. `unified`, the
 * limit of a subscription, counts without either.
 *
 * @see https://docs.claude.com/en/api/rate-limits
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */

/** Lower-case names, as in Node. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

const RESET = /^anthropic-ratelimit-([a-z0-9_-]{1,64})-reset$/;
const UNIFIED = 'unified';

/** @returns Milliseconds from now, never negative; undefined if no wait is requested. */
export function retryAfterMsIn(headers: AnswerHeaders, epochMs: number): number | undefined {
  return (
    numberIn(one(headers, 'retry-after-ms')) ??
    waitInMs(one(headers, 'retry-after'), epochMs) ??
    latestResetMs(headers, epochMs)
  );
}

function latestResetMs(headers: AnswerHeaders, epochMs: number): number | undefined {
  let latestMs: number | undefined;
  for (const name of Object.keys(headers)) {
    const limit = RESET.exec(name)?.[1];
    if (limit === undefined || !isUsedUp(headers, limit)) continue;
    const atMs = momentIn(one(headers, name));
    // The limit has reset since: no wait is requested.
    if (atMs === undefined || atMs <= epochMs) continue;
    latestMs = Math.max(latestMs ?? 0, atMs - epochMs);
  }
  return latestMs;
}

function isUsedUp(headers: AnswerHeaders, limit: string): boolean {
  const remaining = one(headers, `anthropic-ratelimit-${limit}-remaining`);
  const status = one(headers, `anthropic-ratelimit-${limit}-status`);
  if (remaining === undefined && status === undefined) return limit === UNIFIED;
  return status === 'rejected' || (remaining !== undefined && /^0+(\.0+)?$/.test(remaining));
}

/** Seconds or an HTTP date; anything else counts as absent. */
function waitInMs(text: string | undefined, epochMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}(\.\d{1,9})?$/.test(text)) return Number(text) * 1000;
  if (!/^[A-Za-z]{3},/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - epochMs);
}

/** A plain decimal number; anything else counts as absent. */
export function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}

/** Seconds since 1970 or RFC 3339, in ms since 1970; anything else counts as absent. */
export function momentIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{9,11}(\.\d{1,9})?$/.test(text)) return Number(text) * 1000;
  if (!/^\d{4}-\d\d-\d\d[Tt ]/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs;
}

/** The first value of a header. */
export function one(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name];
  return (typeof value === 'string' ? value : value?.[0])?.trim();
}
