/** The token that Claude Code sends to the proxy found. */
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { AUTH_TOKEN } from './claude-settings.ts';
import type { FoundProxy } from './find-proxy.ts';

/**
 * @param key the person's, if any
 * @param command for the advice
 * @throws ZephyrError `USAGE` if the proxy requires a key and there is none, or refuses it
 */
export function usableToken(proxy: FoundProxy, key: string | undefined, command: string): string {
  // Without any token Claude Code asks for a login; the proxy replaces this one.
  if (proxy.access === 'open') return 'anything';
  if (proxy.access === 'accepted' && key !== undefined) return key;
  const problem =
    proxy.access === 'no_key'
      ? phrase`${proxy.url} needs your key`
      : phrase`${proxy.url} refuses this key`;
  throw new ZephyrError('USAGE', problem, {
    advice: [
      phrase`set it for this command only: ${AUTH_TOKEN}=zk-… ${command}`,
      phrase`an operator creates one with: zephyr clients add <name> (for a team: make client NAME=<name>)`,
    ],
  });
}
