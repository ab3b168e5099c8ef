/**
 * Claude Code sends everything through the outbound proxy of its environment, also what is meant for
 * this machine or for the local network, unless `NO_PROXY` names it.
 */
const PROXIES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'];

export interface PastProxy {
  readonly name: 'no_proxy' | 'NO_PROXY';
  readonly value: string;
}

/**
 * @param url of Zephyr, as Claude Code calls it
 * @returns the variable that lets Claude Code reach it directly; undefined where it does without
 */
export function pastProxy(
  url: string,
  environment: Readonly<Record<string, unknown>>,
): PastProxy | undefined {
  if (!PROXIES.some((variable) => Boolean(environment[variable]))) return undefined;
  // Where both are set, the small one takes precedence.
  const name = environment['no_proxy'] ? 'no_proxy' : 'NO_PROXY';
  const before = String(environment[name] ?? '');
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
  const entries = before.split(/[\s,]+/).filter((entry) => entry !== '');
  if (entries.includes('*') || entries.includes(host)) return undefined;
  return { name, value: [...entries, host].join(',') };
}
