import { expect, it } from 'vitest';

import { connectionOptions } from './client.ts';

const URL_OF_ONE = 'redis://127.0.0.1:6379';

it('reconnects without end: sooner at first, later about every two seconds', () => {
  const { retryStrategy } = connectionOptions({ url: URL_OF_ONE });
  const waitMs = (attempt: number) => Number(retryStrategy?.(attempt));
  expect(waitMs(1)).toBeGreaterThanOrEqual(100);
  expect(waitMs(1)).toBeLessThan(300);
  expect(waitMs(5)).toBeGreaterThanOrEqual(1_600);
  for (const attempt of [6, 50, 100_000]) {
    expect(waitMs(attempt)).toBeGreaterThanOrEqual(2_000);
    expect(waitMs(attempt)).toBeLessThan(2_200);
  }
});

it.each([
  ['redis://127.0.0.1', { host: '127.0.0.1', port: 6_379, db: 0 }],
  ['redis://[::1]:7000/3', { host: '::1', port: 7_000, db: 3 }],
  ['rediss://redis.lan', { host: 'redis.lan', tls: {} }],
  ['unix:///run/redis.sock', { path: '/run/redis.sock' }],
  ['redis://ada:p%40ss@127.0.0.1', { username: 'ada', password: 'p@ss' }],
])('connects to %s', (url, options) => {
  expect(connectionOptions({ url })).toMatchObject(options);
});

it('prefers a password that is not in the address', () => {
  const url = 'redis://ada:in-url@127.0.0.1';
  expect(connectionOptions({ url, password: 'other' }).password).toBe('other');
  expect(connectionOptions({ url: URL_OF_ONE })).not.toHaveProperty('password');
});
