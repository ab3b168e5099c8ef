import { describe, expect, it } from 'vitest';

import { configFilesIn } from './config-files.ts';

describe('configFilesIn', () => {
  it.each([
    [{}, 'config.toml', '.env'],
    [{ ZEPHYR_CONFIG: '', ZEPHYR_ENV_FILE: '' }, 'config.toml', '.env'],
    [{ ZEPHYR_CONFIG: '/etc/z.toml', ZEPHYR_ENV_FILE: '/etc/z.env' }, '/etc/z.toml', '/etc/z.env'],
  ])('of %j are %s and %s', (environment, config, envFile) => {
    expect(configFilesIn(environment)).toEqual({ config, envFile });
  });
});
