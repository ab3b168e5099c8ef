import { describe, expect, it } from 'vitest';
import { connectionOptions } from '../../redis/client.ts';
import { parseConfig } from '../read/load.ts';
import { sentinelNodes } from './redis-sentinel-url.ts';

const URL_OF_THREE =
  'redis+sentinel://ada@zephyr?node=sentinel-1&node=sentinel-2:26380&node=[::1]:26381';

describe('sentinelNodes', () => {
  it('returns hosts and ports, with the default port if none is given', () => {
    expect(sentinelNodes(new URL(URL_OF_THREE))).toEqual([
      { host: 'sentinel-1', port: 26_379 },
      { host: 'sentinel-2', port: 26_380 },
      { host: '::1', port: 26_381 },
    ]);
  });
});

describe('connectionOptions', () => {
  it('queries the Sentinels for the primary, with the user and password of Redis itself', () => {
    expect(connectionOptions({ url: URL_OF_THREE, password: 'secret' })).toMatchObject({
      name: 'zephyr',
      sentinels: [{ host: 'sentinel-1' }, { host: 'sentinel-2' }, { host: '::1' }],
      username: 'ada',
      password: 'secret',
    });
  });
});

describe('redis.url', () => {
  const load = (url: string) =>
    parseConfig({
      path: 'config.toml',
      text: `
        [redis]
        url = "${url}"
        [[groups]]
        name = "team"
        auth_token_env = "TEAM_TOKEN"
        endpoints = [{ url = "https://one.example.com", name = "One" }]`,
      variables: (name) => (name === 'TEAM_TOKEN' ? 'sk-team-token' : undefined),
    });

  it('may name Sentinels', () => {
    expect(load(URL_OF_THREE).config.redis.url).toBe(URL_OF_THREE);
  });

  it.each([
    'redis+sentinel://zephyr',
    'redis+sentinel://?node=sentinel-1',
    'redis+sentinel://zephyr?node=',
    'redis+sentinel://zephyr?node=a/b',
  ])('is rejected as %s', (url) => {
    expect(() => load(url)).toThrow('redis+sentinel://name-of-the-primary');
  });
});
