import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { configSchema } from './schema.ts';
import { allKeys } from './schema-keys.ts';

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
}

/** Every key and table by path, in the notation of `allKeys`, with its description. */
function descriptionsOf(schema: Described, path: string): [string, string | undefined][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const own = path === '' ? name : `${path}.${name}`;
    const inner = child.items === undefined ? own : `${own}[]`;
    return [[own, child.description], ...descriptionsOf(child.items ?? child, inner)];
  });
}

describe('configSchema', () => {
  const descriptions = new Map(
    descriptionsOf(z.toJSONSchema(configSchema, { io: 'input' }) as Described, ''),
  );

  it('describes every key and every table', () => {
    expect(allKeys().filter((key) => !descriptions.has(key))).toEqual([]);
    expect([...descriptions].filter(([, text]) => (text ?? '') === '')).toEqual([]);
  });

  it('describes keys in sentences that fit in the cell of a table', () => {
    const odd = [...descriptions].filter(([, text]) => !/^[^|\n]+\.$/.test(text ?? ''));
    expect(odd).toEqual([]);
  });
});
