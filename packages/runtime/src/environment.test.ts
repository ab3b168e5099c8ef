import { describe, expect, it } from 'vitest';

import { isGeneral, isPlain, plainPart } from './environment.ts';

describe('isPlain', () => {
  it.each([
    ['PATH', '/bin'],
    ['HOME', '/home/ann'],
    ['LC_ALL', 'C'],
    ['TERM', 'xterm'],
    ['NODE_EXTRA_CA_CERTS', '/ca.pem'],
    ['https_proxy', 'http://proxy:3128'],
    ['ZEPHYR_LISTEN', '0.0.0.0:8080'],
    ['ZEPHYR_ADMIN_TOKEN_FILE', '/run/secrets/admin-token'],
  ])('leaves %s where it is', (name, value) => {
    expect(isPlain(name, value)).toBe(true);
  });

  it.each([
    ['AUTH_TOKEN_MAIN', 'sk-1'],
    ['ANTHROPIC_API_KEY', 'sk-1'],
    ['NODE_AUTH_TOKEN', 'npm-1'],
    ['ZEPHYR_ADMIN_TOKEN', 'admin'],
    ['ZEPHYR_REDIS_URL', 'redis://user:password@host'],
    ['HTTPS_PROXY', 'http://ann:password@proxy:3128'],
    ['XDG_SECRET', 'x'],
    ['constructor', 'x'],
  ])('takes %s away', (name, value) => {
    expect(isPlain(name, value)).toBe(false);
  });
});

it.each([
  ['NODE_OPTIONS', true],
  ['NODE_EXTRA_CA_CERTS', true],
  ['HTTPS_PROXY', true],
  ['NODE_AUTH_TOKEN', false],
  ['XDG_SECRET', false],
  ['TERM', false],
  ['MY_PATH', false],
])('%s is a setting for every program: %s', (name, expected) => {
  expect(isGeneral(name)).toBe(expected);
});

describe('plainPart', () => {
  it('has no variable without a value', () => {
    expect(plainPart({ PATH: '/bin', HOME: undefined, TOKEN: 'x' })).toEqual({ PATH: '/bin' });
  });
});
