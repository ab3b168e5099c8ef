/** A running proxy as a person reaches it: where it is, whether it is ours, whether it takes the key. */
import { existsSync } from 'node:fs';

import { type KeyVerdict, type ProxyHome, proxyHomeSchema } from '@zephyr/contract/proxy-status';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { checkedUrl, localHost, proxyAddressIn } from '../addresses.ts';

export interface FoundProxy {
  readonly url: string;
  readonly access: KeyVerdict;
}

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
  const home = await homeOf(url, key);
  if (home === undefined) {
    throw new ZephyrError('UNREACHABLE', phrase`no Zephyr answers at ${url}`, {
      advice: [
        phrase`is it running? start it with: zephyr start (for a team: make up)`,
        phrase`on another machine or port: zephyr connect --url http://zephyr.lan:8080`,
      ],
    });
  }
  return { url, access: home.key };
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

/** Every proxy names itself at its root, to anybody; no endpoint is asked, and nothing is counted. */
async function homeOf(url: string, key: string | undefined): Promise<ProxyHome | undefined> {
  try {
    const answer = await fetch(`${url}/`, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    return proxyHomeSchema.safeParse(await answer.json()).data;
  } catch {
    return undefined;
  }
}
