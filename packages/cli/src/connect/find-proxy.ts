/** A running proxy as a person reaches it: where it is, whether it is ours, whether it takes the key. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { type KeyVerdict, type ProxyHome, proxyHomeSchema } from '@zephyr/contract/proxy-status';
import { systemClock } from '@zephyr/runtime/clock';
import { server } from '@zephyr/runtime/config/keys/server';
import { loadConfig } from '@zephyr/runtime/config/load';
import { UNREAD_TOKENS } from '@zephyr/runtime/config/token-command';
import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { z } from 'zod';

import { checkedUrl, localHost, proxyAddressIn } from '../addresses.ts';
import { ANSWER_LIMIT_MS } from '../with-timeout.ts';

export interface FoundProxy {
  readonly url: string;
  readonly access: KeyVerdict;
}

interface Wanted {
  /** Of the proxy; absent: the one of the configuration. */
  readonly url: string | undefined;
  readonly configPath: string;
  readonly envFilePath: string;
  readonly key: string | undefined;
  readonly environment: Environment;
}

/**
 * @throws ZephyrError `USAGE` for a wrong address, `UNREACHABLE` where no proxy of ours answers, `PORT_IN_USE`
 *   where the configuration's port is that of a Zephyr with other endpoints
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
const APPLY_LIMIT_MS = 5_000;
const LOOK_EACH_MS = 500;

/** What somebody writes to Claude Code is not for a demo or for another user of this machine who has the port. */
async function refuseOther(url: string, wanted: Wanted): Promise<void> {
  const untilAtMs = systemClock.nowMs() + APPLY_LIMIT_MS;
  for (;;) {
    const own = hashOf(wanted);
    const its = own === undefined ? undefined : await hashAt(url, wanted.key);
    if (its === undefined || its === own) return;
    if (systemClock.nowMs() >= untilAtMs) break;
    await sleep(LOOK_EACH_MS);
  }
  throw new ZephyrError(
    'PORT_IN_USE',
    phrase`${url} is another Zephyr, with other endpoints than ${wanted.configPath}`,
    {
      advice: [
        phrase`if it is the one that you mean: --url ${url}`,
        phrase`otherwise end it (a demo?), or set another port under [server]`,
      ],
    },
  );
}

/** Undefined without a configuration, or with a wrong one: the one that runs may have a good one. */
function hashOf(wanted: Wanted): string | undefined {
  try {
    return loadConfig(wanted, { readToken: UNREAD_TOKENS }).config.hash;
  } catch {
    return undefined;
  }
}

/** Undefined where the proxy does not say so, to this person. */
async function hashAt(url: string, key: string | undefined): Promise<string | undefined> {
  const answer = await jsonAt(`${url}/diagnostics`, key);
  return diagnosticsSchema.safeParse(answer).data?.config_hash;
}

const diagnosticsSchema = z.object({ config_hash: z.string() });

/** Of the configuration's proxy, from this machine; the usual one where there is no configuration. */
function configuredUrl(configPath: string): string {
  const { host, port } = existsSync(configPath) ? proxyAddressIn(configPath) : server.parse({});
  return `http://${localHost(host)}:${port}`;
}

/** People often give the base URL with the version of the API. */
const baseUrlOf = (text: string): string =>
  checkedUrl(text, 'http://zephyr.lan:8080').replace(/\/v1$/, '').replace(/\/+$/, '');

/** Every proxy names itself at its root, to anybody; no endpoint is asked, and nothing is counted. */
async function homeOf(url: string, key: string | undefined): Promise<ProxyHome | undefined> {
  return proxyHomeSchema.safeParse(await jsonAt(`${url}/`, key)).data;
}

async function jsonAt(url: string, key: string | undefined): Promise<unknown> {
  try {
    const answer = await fetch(url, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    return await answer.json();
  } catch {
    return undefined;
  }
}
