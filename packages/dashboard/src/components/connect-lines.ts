/** The settings that send Claude Code through the proxy. Pure. */
import type { ApiState } from '@zephyr/contract/api/api-state';

export type ProxyPlace = Pick<ApiState, 'publicUrl' | 'proxyScheme' | 'proxyPort'>;

/** @param hostname the page's: the proxy is on the same host unless its address is configured */
export function proxyUrl(
  { publicUrl, proxyScheme, proxyPort }: ProxyPlace,
  hostname: string,
): string {
  return publicUrl ?? `${proxyScheme}://${hostname}:${proxyPort}`;
}

export function connectLines(url: string, key: string): string {
  return `export ANTHROPIC_BASE_URL=${url}\nexport ANTHROPIC_AUTH_TOKEN=${key}`;
}

/** As `zephyr connect` prints it: without a token Claude Code asks for a login. */
export function keyToSet({ hasKeys }: Pick<ApiState, 'hasKeys'>): string {
  return hasKeys ? "'<your key>'" : 'anything';
}
