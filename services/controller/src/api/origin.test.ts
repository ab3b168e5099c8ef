import { describe, expect, it } from 'vitest';

import { originProblem, type RequestFacts } from './origin.ts';

const read: RequestFacts = {
  method: 'GET',
  host: '127.0.0.1:8081',
  origin: undefined,
  fetchSite: undefined,
};
const write: RequestFacts = { ...read, method: 'POST' };

describe('originProblem', () => {
  it.each<[string, RequestFacts]>([
    ['a program by address', read],
    ['a program by IPv6 address', { ...read, host: '[::1]:8081' }],
    ['a program by localhost', { ...write, host: 'localhost:8081' }],
    ['a known name', { ...write, host: 'zephyr.lan' }],
    ['a known name in capitals', { ...write, host: 'Zephyr.LAN:8081' }],
    ['our own page', { ...write, origin: 'http://127.0.0.1:8081', fetchSite: 'same-origin' }],
    ['our own page behind TLS', { ...write, host: 'zephyr.lan', origin: 'https://zephyr.lan' }],
    ['a link from elsewhere', { ...read, fetchSite: 'cross-site' }],
  ])('lets in %s', (_name, facts) => {
    expect(originProblem(facts, ['zephyr.lan'])).toBeUndefined();
  });

  it.each<[string, RequestFacts]>([
    ['a name that may point anywhere', { ...read, host: 'rebind.example:8081' }],
    ['a name that begins like ours', { ...read, host: 'localhost.evil.example' }],
    ['a name that ends like ours', { ...read, host: 'evil-zephyr.lan' }],
    ['no name', { ...read, host: undefined }],
    ['a name with a path', { ...read, host: 'localhost/@evil' }],
    ['a name with a user', { ...read, host: 'evil@localhost' }],
    ['another page that writes', { ...write, origin: 'https://evil.example' }],
    ['another port of this host', { ...write, origin: 'http://127.0.0.1:3000' }],
    ['a page without an origin', { ...write, origin: 'null' }],
    ['another site', { ...write, fetchSite: 'cross-site' }],
    ['a neighbour of this site', { ...write, fetchSite: 'same-site' }],
    ['another page that reads with an origin', { ...read, origin: 'https://evil.example' }],
  ])('refuses %s', (_name, facts) => {
    expect(originProblem(facts, ['zephyr.lan'])).toBeDefined();
  });
});
