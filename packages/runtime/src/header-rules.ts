/** What a configured header may be, and headers that only we set, whatever the configuration lists. */

/** A part of what RFC 9110 permits; a dot is rare, but some collectors of traces use it. */
export const HEADER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;
/** ASCII without leading or trailing spaces, which are not part of a value. */
export const HEADER_VALUE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

const HOP_BY_HOP =
  /^(connection|keep-alive|proxy-[a-z-]+|te|trailer|transfer-encoding|upgrade|http2-settings)$/;
const OURS =
  /^(authorization|x-api-key|cookie2?|host|content-length|expect|accept-encoding|content-encoding)$/;
/** An endpoint must not set cookies, redirect, grant anything to other sites' pages, or speak for us. */
const UNSAFE_ANSWER =
  /^(set-cookie2?|location|content-location|refresh|link|alt-svc|www-authenticate|strict-transport-security|clear-site-data|access-control-[a-z-]+|anthropic-organization-id|x-zephyr-[a-z-]+)$/;

/** Request headers that we set, or hop-by-hop ones. @param name in lower case */
export function isOwnHeader(name: string): boolean {
  return OURS.test(name) || HOP_BY_HOP.test(name);
}

/** @param name in lower case */
export function isUnsafeAnswerHeader(name: string): boolean {
  return UNSAFE_ANSWER.test(name) || HOP_BY_HOP.test(name);
}

/** @param patterns names, or prefixes followed by `*`; empty: no matcher */
export function matcherOf(
  patterns: readonly string[] = [],
): ((name: string) => boolean) | undefined {
  if (patterns.length === 0) return undefined;
  const names = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const beginnings = patterns
    .filter((pattern) => pattern.endsWith('*'))
    .map((pattern) => pattern.slice(0, -1));
  return (name) => names.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
}
