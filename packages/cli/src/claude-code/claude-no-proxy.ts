/**
 * Claude Code sends everything through its environment's outbound proxy, even requests to this machine or the
 * local network, unless `NO_PROXY` lists the host.
 */
const PROXIES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'];

import { withoutBrackets } from '@zephyr/runtime/host';
export interface PastProxy {
  readonly name: 'no_proxy' | 'NO_PROXY';
  readonly value: string;
}

/**
 * @param url Zephyr's, as used by Claude Code
 * @returns the variable that lets Claude Code reach it directly; undefined if it needs none
 */
export function pastProxy(
  url: string,
  environment: Readonly<Record<string, unknown>>,
): PastProxy | undefined {
  if (!PROXIES.some((variable) => Boolean(environment[variable]))) return undefined;
  // If both are set, lower case takes precedence.
  const name = environment['no_proxy'] ? 'no_proxy' : 'NO_PROXY';
  const before = String(environment[name] ?? '');
  const host = withoutBrackets(new URL(url).hostname);
  const entries = before.split(/[\s,]+/).filter((entry) => entry !== '');
  if (entries.includes('*') || entries.includes(host)) return undefined;
  return { name, value: [...entries, host].join(',') };
}
