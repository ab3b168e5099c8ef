import { expect, it } from 'vitest';

import { Clients } from './client-keys.ts';

it('checks the host of each request, even after many with the same one', () => {
  const clients = new Clients({ access: 'this_machine', keys: [], allowedHosts: [] });
  const kindBy = (host: string | undefined) =>
    clients.admit({ headers: { host }, address: '127.0.0.1' }, 0).kind;
  const hosts = ['localhost:8080', 'localhost:8080', 'evil.example', undefined, '127.0.0.1:8080'];
  expect(hosts.map(kindBy)).toEqual(['admitted', 'admitted', 'refused', 'refused', 'admitted']);
});
