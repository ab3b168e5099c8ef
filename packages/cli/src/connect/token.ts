/** What Claude Code sends as its token to a proxy that was found. */
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { AUTH_TOKEN } from './claude-settings.ts';
import type { FoundProxy } from './find-proxy.ts';

/**
 * @param key of the person, where there is one
 * @param command for the advice
 * @throws ZephyrError `USAGE` where the proxy wants a key that is not there, or refuses it
 */
export function usableToken(proxy: FoundProxy, key: string | undefined, command: string): string {
  // Claude Code asks for a login where it has no token at all; the proxy replaces it.
  if (proxy.access === 'open') return 'anything';
  if (proxy.access === 'accepted' && key !== undefined) return key;
  const problem =
    proxy.access === 'no_key'
      ? phrase`${proxy.url} needs your key`
      : phrase`${proxy.url} refuses this key`;
  throw new ZephyrError('USAGE', problem, {
    advice: [
      phrase`set it for this command alone: ${AUTH_TOKEN}=zk-… ${command}`,
      phrase`an operator makes one with: zephyr clients add <name> (for a team: make client NAME=<name>)`,
    ],
  });
}
