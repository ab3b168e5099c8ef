import { describe, expect, it } from 'vitest';

import { parseProxy, proxyOfEnvironment } from './outbound-proxy.ts';

describe('the URL of an outbound proxy', () => {
  it.each([
    ['http://proxy.lan:3128', 'http', 'proxy.lan', 3128],
    ['proxy.lan:3128', 'http', 'proxy.lan', 3128],
    ['proxy.lan', 'http', 'proxy.lan', 80],
    ['https://proxy.lan', 'https', 'proxy.lan', 443],
    ['socks5://10.0.0.1', 'socks5', '10.0.0.1', 1080],
    ['socks5h://[::1]:9050/', 'socks5', '::1', 9050],
  ])('%s', (text, kind, host, port) => {
    const address = parseProxy(text)?.address;
    expect(address).toMatchObject({ kind, host, port });
    // The printed form parses to the same address.
    expect(parseProxy(address?.url ?? '')?.address).toEqual(address);
  });

  it('has its credentials separate and decoded', () => {
    const proxy = parseProxy('http://ann:p%40ss%3Aword@proxy.lan:3128');
    expect(proxy?.credentials).toBe('ann:p@ss:word');
    expect(JSON.stringify(proxy?.address)).not.toContain('ann');
    expect(parseProxy('http://proxy.lan')?.credentials).toBeUndefined();
  });

  it.each([
    '',
    'ftp://proxy.lan',
    'socks4://proxy.lan',
    'http://',
    'http://proxy.lan/path',
    'http://proxy.lan?a=1',
    'http://proxy.lan:0',
    'http://proxy.lan:99999',
    'http://pro xy.lan',
    'http://%zz:x@proxy.lan',
  ])('%j is none', (text) => expect(parseProxy(text)).toBeUndefined());
});

describe('the environment', () => {
  const wanted = (url: string, variables: Readonly<Record<string, string>>) =>
    proxyOfEnvironment(new URL(url), (name) => variables[name])?.variable;

  it.each([
    ['https://a.example', { HTTPS_PROXY: 'http://p' }, 'HTTPS_PROXY'],
    ['https://a.example', { HTTPS_PROXY: 'http://p', https_proxy: 'http://q' }, 'https_proxy'],
    ['https://a.example', { ALL_PROXY: 'socks5://p' }, 'ALL_PROXY'],
    ['https://a.example', { ALL_PROXY: 'x', HTTPS_PROXY: 'y' }, 'HTTPS_PROXY'],
    ['https://a.example', { HTTP_PROXY: 'http://p' }, undefined],
    ['http://a.example', { HTTP_PROXY: 'http://p' }, 'HTTP_PROXY'],
    ['http://a.example', { HTTPS_PROXY: 'http://p' }, undefined],
    ['https://a.example', { HTTPS_PROXY: 'http://p', NO_PROXY: 'a.example' }, undefined],
    ['https://a.example', { HTTPS_PROXY: 'http://p', no_proxy: 'a.example:443' }, undefined],
    ['http://a.example', { HTTP_PROXY: 'http://p', NO_PROXY: 'a.example:443' }, 'HTTP_PROXY'],
    ['https://[::1]:8443', { HTTPS_PROXY: 'http://p' }, undefined],
    ['https://localhost:8443', { HTTPS_PROXY: 'http://p' }, undefined],
  ] as const)('%s with %j: %s', (url, variables, variable) => {
    expect(wanted(url, variables)).toBe(variable);
  });
});
