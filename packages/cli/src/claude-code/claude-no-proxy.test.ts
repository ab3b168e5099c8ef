import { describe, expect, it } from 'vitest';

import { pastProxy } from './claude-no-proxy.ts';

const URL = 'http://127.0.0.1:8080';

describe('the way to Zephyr past an outbound proxy', () => {
  it.each([
    [{ HTTPS_PROXY: 'http://p:1' }, 'NO_PROXY', '127.0.0.1'],
    [{ http_proxy: 'http://p:1', NO_PROXY: 'a.lan, b.lan' }, 'NO_PROXY', 'a.lan,b.lan,127.0.0.1'],
    [
      { HTTP_PROXY: 'http://p:1', no_proxy: 'a.lan', NO_PROXY: '127.0.0.1' },
      'no_proxy',
      'a.lan,127.0.0.1',
    ],
  ])('of %j is %s=%s', (environment, name, value) => {
    expect(pastProxy(URL, environment)).toEqual({ name, value });
  });

  it.each([
    {},
    { HTTPS_PROXY: '' },
    // Claude Code ignores it for the API.
    { ALL_PROXY: 'http://p:1' },
    { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'localhost,127.0.0.1' },
    { HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' },
  ])('of %j needs nothing', (environment) => {
    expect(pastProxy(URL, environment)).toBeUndefined();
  });
});
