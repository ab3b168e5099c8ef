/** A running proxy as a person reaches it: where it is, whether it is ours, whether it takes the key. */
import { existsSync } from 'node:fs';

import { ZephyrError } from '@zephyr/runtime/errors';

import { checkedUrl, localHost, proxyAddressIn } from '../addresses.ts';

export interface FoundProxy {
  readonly url: string;
  readonly access: KeyVerdict;
}

/** What the proxy says to the person's key. `open`: it asks for none. */
export type KeyVerdict = 'open' | 'accepted' | 'no_key' | 'wrong_key';

interface Wanted {
  /** Of the proxy; absent: the one of the configuration. */
  readonly url: string | undefined;
  readonly configPath: string;
  readonly key: string | undefined;
}

const ANSWER_LIMIT_MS = 3_000;
const DEFAULT_URL = 'http://127.0.0.1:8080';

/** @throws ZephyrError `USAGE` for a wrong address, `UNREACHABLE` where no proxy of ours answers */
export async function findProxy({ url: given, configPath, key }: Wanted): Promise<FoundProxy> {
  const url = given === undefined ? configuredUrl(configPath) : baseUrlOf(given);
  if (!(await isZephyr(url))) {
    throw new ZephyrError('UNREACHABLE', `no Zephyr answers at ${url}`, {
      advice: [
        'is it running? start it with: zephyr start (for a team: make up)',
        'on another machine or port: zephyr connect --url http://zephyr.lan:8080',
      ],
    });
  }
  if (!(await isRejected(url, undefined))) return { url, access: 'open' };
  if (key === undefined) return { url, access: 'no_key' };
  return { url, access: (await isRejected(url, key)) ? 'wrong_key' : 'accepted' };
}

/** Of the configuration's proxy, from this machine; the usual one where there is no configuration. */
function configuredUrl(configPath: string): string {
  if (!existsSync(configPath)) return DEFAULT_URL;
  const { host, port } = proxyAddressIn(configPath);
  return `http://${localHost(host)}:${port}`;
}

/** People often give the base URL with the version of the API. */
const baseUrlOf = (text: string): string =>
  checkedUrl(text, 'http://zephyr.lan:8080').replace(/\/v1$/, '').replace(/\/+$/, '');

/** Every proxy names itself at its root, to anybody. */
async function isZephyr(url: string): Promise<boolean> {
  try {
    const answer = await get(`${url}/`, undefined);
    const body: unknown = await answer.json();
    return (
      typeof body === 'object' && body !== null && 'name' in body && body.name === 'claude-zephyr'
    );
  } catch {
    return false;
  }
}

/**
 * The proxy checks the key before anything else and never passes on an endpoint's 401, so whatever
 * else comes, or does not come in time, is no rejection.
 */
async function isRejected(url: string, key: string | undefined): Promise<boolean> {
  try {
    const answer = await get(`${url}/v1/models`, key);
    await answer.body?.cancel();
    return answer.status === 401;
  } catch {
    return false;
  }
}

function get(url: string, key: string | undefined): Promise<Response> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
}
