/** Finds the running proxy: where it is, whether it is ours, whether it accepts the key. */
import { existsSync } from 'node:fs';

import {
  type KeyVerdict,
  type ProxyHome,
  proxyHomeSchema,
} from '@zephyr/contract/status/proxy-status';
import { server } from '@zephyr/runtime/config/keys/server';
import { loadConfig } from '@zephyr/runtime/config/read/load';
import { UNREAD_TOKENS } from '@zephyr/runtime/config/secrets/run-token-command';
import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { z } from 'zod';

import { checkedUrl, localHost, proxyAddressIn } from '../network/addresses.ts';
import { poll } from '../network/poll.ts';
import { ANSWER_TIMEOUT_MS } from '../network/with-timeout.ts';

export interface FoundProxy {
  readonly url: string;
  readonly access: KeyVerdict;
}

interface Wanted {
  /** The proxy's; absent: the configured one. */
  readonly url: string | undefined;
  readonly configPath: string;
  readonly envFilePath: string;
  readonly key: string | undefined;
  readonly environment: Environment;
}

/**
 * @throws ZephyrError `USAGE` for an invalid address, `UNREACHABLE` if no Zephyr proxy answers, `PORT_IN_USE`
 *   if a Zephyr with other endpoints has the configured port
 */
export async function findProxy(wanted: Wanted): Promise<FoundProxy> {
  const { url: given, configPath, key } = wanted;
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
  if (given === undefined) await refuseOther(url, wanted);
  return { url, access: home.key };
}

/** A running Zephyr applies a changed configuration within seconds. */
const APPLY_WAIT = { intervalMs: 500, timeoutMs: 5_000 };

/** Prompts must not reach a demo, or another local user who holds the port. */
async function refuseOther(url: string, wanted: Wanted): Promise<void> {
  const home = await poll(async () => {
    const own = hashOf(wanted);
    const its = own === undefined ? undefined : await hashAt(url, wanted.key);
    return its === undefined || its === own ? 'not another' : undefined;
  }, APPLY_WAIT);
  if (home !== undefined) return;
  throw new ZephyrError(
    'PORT_IN_USE',
    phrase`${url} is another Zephyr, whose endpoints differ from ${wanted.configPath}`,
    {
      advice: [
        phrase`if it is the one that you mean: --url ${url}`,
        phrase`otherwise stop it (a demo?), or set another port under [server]`,
      ],
    },
  );
}

/** Undefined without a configuration, or with an invalid one: the running proxy may have a valid one. */
function hashOf(wanted: Wanted): string | undefined {
  try {
    return loadConfig(wanted, { readToken: UNREAD_TOKENS }).config.hash;
  } catch {
    return undefined;
  }
}

/** Undefined if the proxy does not reveal it to this person. */
async function hashAt(url: string, key: string | undefined): Promise<string | undefined> {
  const answer = await jsonAt(`${url}/diagnostics`, key);
  return diagnosticsSchema.safeParse(answer).data?.config_hash;
}

const diagnosticsSchema = z.object({ config_hash: z.string() });

/** The configured proxy as seen from this machine; the default one without a configuration. */
function configuredUrl(configPath: string): string {
  const { host, port } = existsSync(configPath) ? proxyAddressIn(configPath) : server.parse({});
  return `http://${localHost(host)}:${port}`;
}

/** People often include the API version in the base URL. */
const baseUrlOf = (text: string): string =>
  checkedUrl(text, 'http://zephyr.lan:8080').replace(/\/v1$/, '').replace(/\/+$/, '');

/**
 * Every proxy identifies itself at its root, without a key; no endpoint is called, and nothing is counted.
 */
async function homeOf(url: string, key: string | undefined): Promise<ProxyHome | undefined> {
  return proxyHomeSchema.safeParse(await jsonAt(`${url}/`, key)).data;
}

async function jsonAt(url: string, key: string | undefined): Promise<unknown> {
  try {
    const answer = await fetch(url, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return await answer.json();
  } catch {
    return undefined;
  }
}
