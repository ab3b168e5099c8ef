import { createHash } from 'node:crypto';

import { expect, it } from 'vitest';

import { Clients } from './client-keys.ts';

it('checks the host of each request, even after many with the same one', () => {
  const clients = new Clients({ access: 'this_machine', keys: [], allowedHosts: [] });
  const kindBy = (host: string | undefined) =>
    clients.admit({ headers: { host }, address: '127.0.0.1' }, 0).kind;
  const hosts = ['localhost:8080', 'localhost:8080', 'evil.example', undefined, '127.0.0.1:8080'];
  expect(hosts.map(kindBy)).toEqual(['admitted', 'admitted', 'refused', 'refused', 'admitted']);
});

it.each([
  ['zk-of-ann', 'admitted'],
  ['with a space', 'refused'],
  ['with-\u00e9', 'refused'],
  ['x'.repeat(512), 'admitted'],
  ['x'.repeat(513), 'refused'],
])('takes the same keys in both headers: %s is %s', (key, kind) => {
  const sha256 = createHash('sha256').update(key).digest('hex');
  const clients = new Clients({
    access: 'keys',
    keys: [{ name: 'ann', sha256 }],
    allowedHosts: [],
  });
  const kinds = [{ 'x-api-key': key }, { authorization: `Bearer ${key}` }].map(
    (headers) => clients.admit({ headers, address: '127.0.0.1' }, 0).kind,
  );
  expect(kinds).toEqual([kind, kind]);
});
