/** Reading streams whose entries are `json <text>`. */
import type { Redis } from 'ioredis';
import { z } from 'zod';

import { messageOf } from '../errors.ts';

/** Per stream; the next call returns the rest. */
export const ENTRIES_AT_ONCE = 200;

export interface StreamEntry<Value> {
  /** `<clock of Redis in ms>-<number>`. */
  readonly id: string;
  /** When Redis accepted the entry, by its own clock. */
  readonly atMs: number;
  readonly value: Value;
}

export interface EntryParser<Value> {
  readonly schema: z.ZodType<Value>;
  /** Called for an entry that does not parse; it is skipped. */
  readonly rejected: (id: string, why: string) => void;
}

const rawEntries = z.array(z.tuple([z.string(), z.array(z.string())]));

/** Parses what XRANGE and XREVRANGE return and what XREAD returns for one stream. */
export function parseEntries<Value>(
  reply: unknown,
  parser: EntryParser<Value>,
): readonly StreamEntry<Value>[] {
  return rawEntries.parse(reply ?? []).flatMap(([id, [field, text]]) => {
    try {
      if (field !== 'json' || text === undefined) throw new Error('expected one field named json');
      const value = parser.schema.parse(JSON.parse(text));
      return [{ id, atMs: Number(id.split('-')[0]), value }];
    } catch (error) {
      parser.rejected(id, messageOf(error));
      return [];
    }
  });
}

/** The last `count` entries, oldest first. */
export async function readLast<Value>(
  redis: Redis,
  stream: { readonly key: string; readonly count: number },
  parser: EntryParser<Value>,
): Promise<readonly StreamEntry<Value>[]> {
  const reply = await redis.xrevrange(stream.key, '+', '-', 'COUNT', stream.count);
  return [...parseEntries(reply, parser)].reverse();
}
