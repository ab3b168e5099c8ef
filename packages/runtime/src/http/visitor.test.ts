import { describe, expect, it } from 'vitest';

import { isNetwork } from '../ip-networks.ts';
import { trustedProxies } from './trusted-proxies.ts';
import {
  addressOf,
  calledBy,
  isForwarded,
  isFromForeignPage,
  isKnownHost,
  isNavigation,
  isWatchersHost,
} from './visitor.ts';

describe('the name by which a request calls us', () => {
  it.each([
    ['127.0.0.1:8080', 'address'],
    ['192.168.1.5', 'address'],
    ['[::1]:8080', 'address'],
    ['LocalHost:8080', 'address'],
    ['zephyr.lan', 'zephyr.lan'],
    ['Zephyr.LAN:8443', 'zephyr.lan'],
    ['localhost.evil.example', 'localhost.evil.example'],
    ['127.0.0.1.evil.example', '127.0.0.1.evil.example'],
    ['evil@localhost', 'nothing'],
    ['localhost/@evil', 'nothing'],
    ['[zephyr]', 'nothing'],
    ['', 'nothing'],
    [undefined, 'nothing'],
  ])('%s: %s', (host, expected) => {
    const by = calledBy(host);
    expect(by.kind === 'name' ? by.name : by.kind).toBe(expected);
  });

  it('is known if it is an address or configured', () => {
    expect(isKnownHost('10.0.0.1', [])).toBe(true);
    expect(isKnownHost('zephyr.lan:1', ['zephyr.lan'])).toBe(true);
    expect(isKnownHost('rebind.example', ['zephyr.lan'])).toBe(false);
    expect(isKnownHost('controller', [])).toBe(false);
    expect(isWatchersHost('controller:8081', [])).toBe(true);
    expect(isWatchersHost('rebind.example', [])).toBe(false);
    expect(isWatchersHost('', [])).toBe(false);
  });

  it('may be absent in health checks of load balancers', () => {
    expect(isWatchersHost(undefined, [])).toBe(true);
    expect(isKnownHost(undefined, [])).toBe(false);
  });
});

describe('a foreign page', () => {
  const host = '127.0.0.1:8080';
  it.each([
    ['a program', { host }, false],
    ['Node’s fetch', { host, 'sec-fetch-mode': 'cors' }, false],
    [
      'our own page',
      { host, origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-origin' },
      false,
    ],
    ['our own page behind TLS', { host: 'z.lan', origin: 'https://z.lan' }, false],
    ['an address typed by hand', { host, 'sec-fetch-site': 'none' }, false],
    ['another site', { host, 'sec-fetch-site': 'cross-site' }, true],
    ['a neighbour of this site', { host, 'sec-fetch-site': 'same-site' }, true],
    ['a mark that no browser has yet', { host, 'sec-fetch-site': 'cross-party' }, true],
    ['two marks', { host, 'sec-fetch-site': 'same-origin, cross-site' }, true],
    ['another origin', { host, origin: 'https://evil.example' }, true],
    ['two origins', { host, origin: `http://${host}, https://evil.example` }, true],
    ['another port', { host, origin: 'http://127.0.0.1:3000' }, true],
    ['a page without an origin', { host, origin: 'null' }, true],
    [
      'our origin with the mark of another site',
      { host, origin: `http://${host}`, 'sec-fetch-site': 'cross-site' },
      true,
    ],
  ])('%s: %s', (_name, headers, foreign) => {
    expect(isFromForeignPage(headers)).toBe(foreign);
  });

  it('may be left by a link, but not by a frame or a form', () => {
    const link = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect(isNavigation('GET', link)).toBe(true);
    expect(isNavigation('POST', link)).toBe(false);
    expect(isNavigation('GET', { ...link, origin: 'null' })).toBe(false);
    expect(isNavigation('GET', { ...link, 'sec-fetch-dest': 'iframe' })).toBe(false);
    expect(isNavigation('GET', { 'sec-fetch-site': 'cross-site' })).toBe(false);
  });
});

describe('a forwarded request', () => {
  it.each([
    'forwarded',
    'via',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-real-ip',
  ])('is known by %s', (name) => {
    expect(isForwarded({ host: 'x', [name]: 'y' })).toBe(true);
  });

  it('is not sent by a program itself', () => {
    expect(isForwarded({ host: 'x', 'x-app': 'cli', 'user-agent': 'claude-cli' })).toBe(false);
  });
});

describe('the address of the client', () => {
  const trusted = trustedProxies(['10.0.0.0/8', '::1']);
  const forwardedFor = (value: string) => ({ 'x-forwarded-for': value });

  it.each([
    ['10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['10.0.0.1', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['10.0.0.1', '203.0.113.7, 10.2.3.4', '203.0.113.7'],
    ['10.0.0.1', '10.2.3.4', '10.0.0.1'],
    ['10.0.0.1', 'unknown', '10.0.0.1'],
    ['10.0.0.1', '203.0.113.7, forged', '10.0.0.1'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['::1', '2001:db8::7', '2001:db8::7'],
    ['::1', '[2001:db8::7]', '2001:db8::7'],
    ['::ffff:10.0.0.1', '203.0.113.7', '203.0.113.7'],
    // Anyone else may forge it.
    ['203.0.113.9', '127.0.0.1', '203.0.113.9'],
  ])('socket %s, X-Forwarded-For "%s": %s', (socket, value, expected) => {
    expect(addressOf(socket, forwardedFor(value), trusted)).toBe(expected);
  });

  it('is that of the socket if no proxy is trusted', () => {
    expect(addressOf('10.0.0.1', forwardedFor('203.0.113.7'), trustedProxies([]))).toBe('10.0.0.1');
  });

  it.each([
    ['192.0.2.1', true],
    ['192.0.2.0/24', true],
    ['2001:db8::/32', true],
    ['192.0.2.0/33', false],
    ['192.0.2.0/', false],
    ['192.0.2.0/8/8', false],
    ['192.0.2', false],
    ['proxy.lan', false],
  ])('%s is a network: %s', (text, expected) => {
    expect(isNetwork(text)).toBe(expected);
  });
});
