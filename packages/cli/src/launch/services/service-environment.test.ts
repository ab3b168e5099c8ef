import { parseConfig } from '@zephyr/runtime/config/read/load';
import { variablesOf } from '@zephyr/runtime/config/variables/variables';
import { describe, expect, it } from 'vitest';

import { serviceEnvironment, variablesFor } from './service-environment.ts';

const GROUP = `[[groups]]
name = "a"
auth_token_env = "TOKEN_A"
endpoints = [{ url = "https://a.example.com", name = "A" }]
`;

describe('the variables of a service', () => {
  it('are the tokens, and for the controller only, also its own and the proxy’s address', () => {
    const variables = variablesOf({ TOKEN_A: 'sk-ant-Zq83kd02mmQp' }, '');
    const loaded = parseConfig({ path: 'config.toml', text: GROUP, variables });
    const ofController = ['ZEPHYR_ADMIN_TOKEN', 'ZEPHYR_PUBLIC_URL'];
    expect(variablesFor('controller', loaded)).toEqual(['TOKEN_A', ...ofController]);
    for (const service of ['proxy', 'prober'] as const) {
      expect(variablesFor(service, loaded)).toContain('TOKEN_A');
      for (const name of ofController) expect(variablesFor(service, loaded)).not.toContain(name);
    }
  });
});

describe('serviceEnvironment', () => {
  it('passes the general and the named variables, and no other secret', () => {
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
      NODE_AUTH_TOKEN: 'npm',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
      ZEPHYR_REDIS_URL: 'redis://:password@host',
      EMPTY: undefined,
    };
    expect(serviceEnvironment(environment, ['TOKEN_A', 'TOKEN_B'], { ADDED: 'x' })).toEqual({
      PATH: '/bin',
      LC_ALL: 'C',
      https_proxy: 'http://proxy',
      ZEPHYR_LOG_LEVEL: 'debug',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
      ZEPHYR_REDIS_URL: 'redis://:password@host',
      TOKEN_A: 'a',
      TOKEN_B_FILE: '/run/secrets/b',
      ADDED: 'x',
    });
  });

  it('lets an addition take precedence, even one that removes a variable', () => {
    const environment = { LANG: 'a', ZEPHYR_REDIS_URL: 'b' };
    const additions = { LANG: 'c', ZEPHYR_REDIS_URL: undefined };
    expect(serviceEnvironment(environment, [], additions)).toEqual({ LANG: 'c' });
  });
});
