import { describe, expect, it } from 'vitest';

import { isProxyBypassed } from './no-proxy.ts';

const isDirect = (noProxy: string, host: string, port = 443) =>
  isProxyBypassed(noProxy, { host, port });

describe('NO_PROXY', () => {
  it.each([
    ['example.com', 'example.com'],
    ['example.com', 'api.example.com'],
    ['.example.com', 'api.example.com'],
    ['.example.com', 'example.com'],
    ['*.example.com', 'api.example.com'],
    ['EXAMPLE.com', 'Api.Example.COM.'],
    ['other.org, example.com', 'example.com'],
    ['other.org example.com', 'example.com'],
    ['example.com:443', 'example.com'],
    ['*', 'anything.org'],
    ['10.1.2.3', '10.1.2.3'],
    ['10.0.0.0/8', '10.1.2.3'],
    ['fd00::/8', 'fd12::1'],
    ['[fd12::1]', 'fd12::1'],
    ['[fd12::1]:443', 'fd12::1'],
    ['fd12::1', 'fd12::1'],
  ])('%s covers %s', (noProxy, host) => {
    expect(isDirect(noProxy, host)).toBe(true);
  });

  it.each([
    ['', 'example.com'],
    [' , ', 'example.com'],
    ['example.com', 'notexample.com'],
    ['example.com', 'example.com.evil.org'],
    ['api.example.com', 'example.com'],
    ['example.com:8443', 'example.com'],
    ['[fd12::1]:8443', 'fd12::1'],
    ['10.0.0.0/8', '11.1.2.3'],
    ['10.0.0.0/8', 'ten.example.com'],
    ['10.0.0.0/40', '10.1.2.3'],
    ['1.2.3', '10.1.2.3'],
  ])('%j does not cover %s', (noProxy, host) => {
    expect(isDirect(noProxy, host)).toBe(false);
  });

  it.each(['localhost', 'a.localhost', '127.0.0.1', '127.8.8.8', '::1'])(
    'this machine (%s) never needs a proxy',
    (host) => expect(isDirect('', host)).toBe(true),
  );
});
