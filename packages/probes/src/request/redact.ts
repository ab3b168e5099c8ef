import { MAX_DETAIL_CHARACTERS } from '@zephyr/contract/probe/probe';

/**
 * Makes foreign text safe to show and store: without the given secrets or anything that looks like one,
 * on one line, at most `MAX_DETAIL_CHARACTERS`.
 */
export function redact(text: string, secrets: readonly string[]): string {
  const withoutKnown = secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
  const line = withoutKnown
    .replace(/\b(sk|zk|api|key|tok)-[\w-]{8,}/gi, '[secret]')
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 [secret]')
    .replace(/(x-api-key["']?\s*[:=]\s*["']?)[^\s"',}]+/gi, '$1[secret]')
    .replace(/\/\/[^/\s@]+@/g, '//[secret]@')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return line.length <= MAX_DETAIL_CHARACTERS
    ? line
    : `${line.slice(0, MAX_DETAIL_CHARACTERS - 1)}…`;
}
