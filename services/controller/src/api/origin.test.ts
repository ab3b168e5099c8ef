import { describe, expect, it } from 'vitest';

import { type CheckedRequest, originProblem } from './origin.ts';

const host = '127.0.0.1:8081';
const read: CheckedRequest = { method: 'GET', path: '/api/state', headers: { host } };
const write: CheckedRequest = { ...read, method: 'POST' };
const metrics: CheckedRequest = { ...read, path: '/metrics' };
const withHeaders = (
  facts: CheckedRequest,
  headers: CheckedRequest['headers'],
): CheckedRequest => ({
  ...facts,
  headers: { ...facts.headers, ...headers },
});
const link = {
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
};

describe('originProblem', () => {
  it.each<[string, CheckedRequest]>([
    ['a program by address', read],
    ['a program by IPv6 address', withHeaders(read, { host: '[::1]:8081' })],
    ['a program by localhost', withHeaders(write, { host: 'localhost:8081' })],
    ['a known name', withHeaders(write, { host: 'zephyr.lan' })],
    ['a known name in capitals', withHeaders(write, { host: 'Zephyr.LAN:8081' })],
    [
      'our own page',
      withHeaders(write, { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }),
    ],
    [
      'our own page behind TLS',
      withHeaders(write, { host: 'zephyr.lan', origin: 'https://zephyr.lan' }),
    ],
    ['a link from elsewhere', withHeaders({ ...read, path: '/' }, link)],
    ['Prometheus by the name of a container', withHeaders(metrics, { host: 'controller:8081' })],
  ])('lets in %s', (_name, facts) => {
    expect(originProblem(facts, ['zephyr.lan'])).toBeUndefined();
  });

  it.each<[string, CheckedRequest]>([
    ['a name that may point anywhere', withHeaders(read, { host: 'rebind.example:8081' })],
    ['a name that begins like ours', withHeaders(read, { host: 'localhost.evil.example' })],
    ['a name that ends like ours', withHeaders(read, { host: 'evil-zephyr.lan' })],
    ['the name of a container', withHeaders(read, { host: 'controller:8081' })],
    ['no name', withHeaders(read, { host: undefined })],
    ['a name with a path', withHeaders(read, { host: 'localhost/@evil' })],
    ['a name with a user', withHeaders(read, { host: 'evil@localhost' })],
    ['another page that writes', withHeaders(write, { origin: 'https://evil.example' })],
    ['another port of this host', withHeaders(write, { origin: 'http://127.0.0.1:3000' })],
    ['a page without an origin', withHeaders(write, { origin: 'null' })],
    ['another site', withHeaders(write, { 'sec-fetch-site': 'cross-site' })],
    ['a neighbour of this site', withHeaders(write, { 'sec-fetch-site': 'same-site' })],
    ['another page that reads', withHeaders(read, { 'sec-fetch-site': 'cross-site' })],
    ['another page that reads with an origin', withHeaders(read, { origin: 'https://e.example' })],
    ['a link to the API', withHeaders(read, link)],
    ['a page that reads metrics', withHeaders(metrics, { 'sec-fetch-site': 'cross-site' })],
    ['a page that reads metrics by its name', withHeaders(metrics, { host: 'rebind.example' })],
  ])('refuses %s', (_name, facts) => {
    expect(originProblem(facts, ['zephyr.lan'])).toBeDefined();
  });
});
