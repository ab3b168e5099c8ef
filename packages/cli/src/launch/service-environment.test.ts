import { describe, expect, it } from 'vitest';

import { serviceEnvironment } from './service-environment.ts';

describe('serviceEnvironment', () => {
  it('passes the surroundings and the named variables, and no other secret', () => {
    const environment = {
      PATH: '/bin',
      LC_ALL: 'C',
      https_proxy: 'http://proxy',
      ZEPHYR_LOG_LEVEL: 'debug',
      ZEPHYR_ADMIN_TOKEN: 'admin',
      TOKEN_A: 'a',
      TOKEN_B_FILE: '/run/secrets/b',
      TOKEN_C: 'c',
      ANTHROPIC_API_KEY: 'person',
      AWS_SECRET_ACCESS_KEY: 'cloud',
      EMPTY: undefined,
    };
    expect(serviceEnvironment(environment, ['TOKEN_A', 'TOKEN_B'], { ADDED: 'x' })).toEqual({
      PATH: '/bin',
      LC_ALL: 'C',
      https_proxy: 'http://proxy',
      ZEPHYR_LOG_LEVEL: 'debug',
      TOKEN_A: 'a',
      TOKEN_B_FILE: '/run/secrets/b',
      ADDED: 'x',
    });
  });

  it('lets an addition win, also one that takes a variable away', () => {
    const environment = { LANG: 'a', ZEPHYR_REDIS_URL: 'b' };
    const additions = { LANG: 'c', ZEPHYR_REDIS_URL: undefined };
    expect(serviceEnvironment(environment, [], additions)).toEqual({ LANG: 'c' });
  });
});
