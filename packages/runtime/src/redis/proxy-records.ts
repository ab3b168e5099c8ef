/**
 * Reading what proxies write. A proxy faces the network, and an attacker who controls one can write anything:
 * so reads are bounded before they reach our memory, and so is what is stored.
 */

import { MAX_PROXY_ID_CHARACTERS } from '@zephyr/contract/scalars';
import { KIB, MIB } from '@zephyr/contract/units';
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { keys } from './keys.ts';
import { loadScript, runScript } from './script.ts';
import { STREAM_BYTES } from './stream-bounds.ts';

/** A one-second report has 32 times per endpoint: about 2 KiB each. */
const MAX_ENTRY_BYTES = 64 * KIB;
/** In one reply. */
const MAX_REPLY_BYTES = MIB;
/** For listing the newest entries to people. */
const MAX_LAST_BYTES = 4 * MIB;
/** Proxies list at most 50 requests and 50 sessions of some 300 bytes each. */
const MAX_PRESENCE_BYTES = 64 * KIB;
const MAX_PRESENCES_BYTES = 4 * MIB;
/** Most ids checked; a random choice if there are more. Dead ids are removed. */
const MAX_PRESENCES = 512;
/** Lifetime of an idle proxy's presence without renewal. */
export const MAX_PRESENCE_MS = 15_000;

/** `<host>-<process>-<random>`, as services name themselves. */
const PROXY_ID = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${MAX_PROXY_ID_CHARACTERS - 1}}$`);

export const isProxyId = (id: string): boolean => PROXY_ID.test(id);

const streamScript = loadScript('read-stream');
const lastScript = loadScript('read-last');
const BOUND_STREAMS = [keys.outcomes, keys.sessions, keys.requests];
const boundScript = loadScript('bound-streams');
const presencesScript = loadScript('read-presences');

const streamReply = z.tuple([
  z.string(),
  z.array(z.unknown()),
  z.array(z.tuple([z.string(), z.number()])),
]);

/** An entry that was not read; `bytes` if it was too large. */
export interface Skipped {
  readonly id: string;
  readonly why: string;
}

export interface StreamPart {
  /** Id of the last entry checked: continue after it. */
  readonly lastId: string;
  /** In the form that `parseEntries` takes. */
  readonly entries: readonly unknown[];
  readonly skipped: readonly Skipped[];
}

/** The next entries of a stream that proxies write. */
export async function readStreamPart(
  redis: Redis,
  from: {
    readonly key: string;
    readonly afterId: string;
    readonly count: number;
    /** Only the leader deletes, because it counts them. */
    readonly tooLarge: 'delete' | 'leave';
  },
): Promise<StreamPart> {
  const args = [from.afterId, from.count, MAX_ENTRY_BYTES, MAX_REPLY_BYTES, from.tooLarge];
  const reply = await runScript(redis, streamScript, { keys: [from.key], args });
  const [lastId, entries, tooLarge] = streamReply.parse(reply);
  const skipped = tooLarge.map(([id, bytes]) => ({ id, why: `${bytes} bytes: too large` }));
  return { lastId, entries, skipped };
}

/** Keeps proxies from filling Redis, whatever they write. */
export async function boundStreams(redis: Redis): Promise<void> {
  const args = [STREAM_BYTES.outcomes, STREAM_BYTES.sessions, STREAM_BYTES.requests];
  await runScript(redis, boundScript, { keys: BOUND_STREAMS, args });
}

/**
 * The last entries of a stream that proxies write, the oldest first, in the form that `parseEntries` takes.
 */
export async function readLastPart(
  redis: Redis,
  from: { readonly key: string; readonly count: number; readonly beforeId?: string | undefined },
): Promise<readonly unknown[]> {
  const { key, count, beforeId = '' } = from;
  const args = [count, MAX_ENTRY_BYTES, MAX_LAST_BYTES, beforeId];
  const reply = await runScript(redis, lastScript, { keys: [key], args });
  return z.array(z.unknown()).parse(reply).toReversed();
}

/** Id of the last entry that our services could have written, to continue after it. */
export async function readLastId(redis: Redis, key: string): Promise<string> {
  const last = z.array(z.tuple([z.string(), z.unknown()]));
  return last.parse(await readLastPart(redis, { key, count: 1 }))[0]?.[0] ?? '0-0';
}

/**
 * For a proxy, which may run no script: other proxies' session entries, read only if the total is small
 * enough and nothing was added since it was measured.
 * @param from `afterId` undefined: the last ones.
 * @returns undefined if it cannot be read now
 */
export async function readSessionEntries(
  redis: Redis,
  from: { readonly afterId: string | undefined; readonly count: number },
): Promise<Omit<StreamPart, 'skipped'> | undefined> {
  await redis.watch(keys.sessions);
  const bytes = await redis.memory('USAGE', keys.sessions, 'SAMPLES', 0);
  if ((bytes ?? 0) > STREAM_BYTES.sessions) {
    await redis.unwatch();
    return undefined;
  }
  const { afterId, count } = from;
  const reading =
    afterId === undefined
      ? redis.multi().xrevrange(keys.sessions, '+', '-', 'COUNT', count)
      : redis.multi().xrange(keys.sessions, `(${afterId}`, '+', 'COUNT', count);
  const [, entries] = (await reading.exec())?.[0] ?? [];
  if (entries === undefined) return undefined;
  const read = z.array(z.tuple([z.string(), z.unknown()])).parse(entries);
  const inOrder = afterId === undefined ? read.toReversed() : read;
  return { lastId: inOrder.at(-1)?.[0] ?? afterId ?? '0-0', entries: inOrder };
}

export interface PresencesRead {
  /** By proxy id. */
  readonly texts: ReadonlyMap<string, string>;
  readonly skipped: readonly Skipped[];
}

/** The records of live proxies; ids that cannot be one are removed from the list. */
export async function readPresenceTexts(redis: Redis): Promise<PresencesRead> {
  const listed = await redis.srandmember(keys.proxies, MAX_PRESENCES);
  const ids = listed.filter(isProxyId);
  const args = [MAX_PRESENCE_BYTES, MAX_PRESENCE_MS, MAX_PRESENCES_BYTES];
  const found =
    ids.length === 0
      ? []
      : z.array(z.union([z.string(), z.number()])).parse(
          await runScript(redis, presencesScript, {
            keys: ids.map((id) => keys.proxy(id)),
            args,
          }),
        );
  const texts = new Map<string, string>();
  const skipped: Skipped[] = listed
    .filter((id) => !isProxyId(id))
    .map((id) => ({ id: id.slice(0, MAX_PROXY_ID_CHARACTERS), why: 'not the id of a proxy' }));
  const gone: string[] = listed.filter((id) => !isProxyId(id));
  for (const [index, id] of ids.entries()) {
    const text = found[index];
    if (text === 0) continue;
    if (typeof text === 'number') skipped.push({ id, why: `${text} bytes: too large` });
    else if (text === undefined || text === '') gone.push(id);
    else texts.set(id, text);
  }
  if (gone.length > 0) await redis.srem(keys.proxies, ...gone);
  return { texts, skipped };
}
