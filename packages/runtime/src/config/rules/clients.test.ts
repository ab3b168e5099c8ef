import { describe, expect, it } from 'vitest';
import { spoken } from '../../phrase.ts';
import { readNamedFile } from '../files/named-file.ts';
import { sha256 } from '../resolve/slug.ts';
import { checkClients } from './clients.ts';

const key = 'k'.repeat(32);
const variables = (name: string) =>
  ({ GOOD: key, SAME: key, OTHER: 'o'.repeat(32), SHORT: 'abc', SPACED: `${key} ${key}` })[name] ??
  undefined;

describe('checkClients', () => {
  const cases = [
    { name: 'a key in a variable', client: { name: 'a', key_env: 'GOOD' }, found: [] },
    { name: 'a hash', client: { name: 'a', key_sha256: 'f'.repeat(64) }, found: [] },
    { name: 'no key at all', client: { name: 'a' }, found: ['no key'] },
    {
      name: 'two sources',
      client: { name: 'a', key_env: 'GOOD', key_sha256: 'f'.repeat(64) },
      found: ['key_env, key_sha256 together'],
    },
    {
      name: 'a variable that is not set',
      client: { name: 'a', key_env: 'MISSING' },
      found: ['key_env = "MISSING", where no key is found'],
    },
    {
      name: 'a short key',
      client: { name: 'a', key_env: 'SHORT' },
      found: ['key_env = "SHORT", whose key is too short'],
    },
    {
      name: 'a key with a space',
      client: { name: 'a', key_env: 'SPACED' },
      found: ['key_env = "SPACED", whose key has spaces or is too long'],
    },
    {
      name: 'a file that is not there',
      client: { name: 'a', key_file: '/nowhere/key' },
      found: ['key_file = "/nowhere/key", where no key is found'],
    },
  ];
  it.each(cases)('$name', ({ client, found }) => {
    const violations = checkClients({ clients: [client] }, variables, readNamedFile);
    expect(violations.map((violation) => spoken(violation.found))).toEqual(found);
    expect(JSON.stringify(violations)).not.toContain(key);
  });

  it('finds a duplicate name', () => {
    const client = { name: 'a', key_env: 'GOOD' };
    const twice = checkClients(
      { clients: [client, { ...client, key_env: 'OTHER' }] },
      variables,
      readNamedFile,
    );
    expect(twice).toHaveLength(1);
  });

  it.each([
    ['two variables', { key_env: 'GOOD' }, { key_env: 'SAME' }],
    ['a variable and its hash', { key_env: 'GOOD' }, { key_sha256: sha256(key) }],
    ['two hashes', { key_sha256: sha256(key) }, { key_sha256: sha256(key) }],
  ])('refuses one key for two people: %s', (_name, first, second) => {
    const clients = [
      { name: 'ann', ...first },
      { name: 'bob', ...second },
    ];
    const violations = checkClients({ clients }, variables, readNamedFile);
    expect(violations.map(({ path, found }) => [path.join('.'), spoken(found)])).toEqual([
      ['clients.1', 'the same key as "ann"'],
    ]);
    expect(JSON.stringify(violations)).not.toContain(key);
    expect(
      checkClients(
        { clients: [clients[0], { name: 'cyd', key_env: 'OTHER' }] },
        variables,
        readNamedFile,
      ),
    ).toEqual([]);
  });
});
