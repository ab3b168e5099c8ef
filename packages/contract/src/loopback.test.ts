import { describe, expect, it } from 'vitest';

import { isLoopback, isOwnListener } from './loopback.ts';

describe('a host is this machine', () => {
  it.each([
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    'a.b.localhost.',
    '127.0.0.1',
    '127.8.99.255',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
    '::FFFF:127.8.8.8',
    '[::ffff:7f00:1]',
  ])('%s', (host) => expect(isLoopback(host)).toBe(true));

  it.each(['http://[::ffff:127.0.0.1]', 'http://127.1', 'http://0x7f000001', 'http://LocalHost'])(
    '%s, as the URL parser writes it',
    (url) => expect(isLoopback(new URL(url).hostname)).toBe(true),
  );
});

describe('a host is not this machine, or not for certain', () => {
  it.each([
    '',
    '0.0.0.0',
    '::',
    '[::]',
    '::2',
    '10.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:0a00:1',
    '128.0.0.1',
    '127.example.com',
    '127.1.example',
    '127.0.0.1.evil',
    '127.0.0.1.',
    'a127.0.0.1',
    '127.0.0.256',
    '127.0.0.01',
    '127.1',
    '127.0.0.0.1',
    '[127.0.0.1]',
    '[localhost]',
    '[::1',
    '::1]',
    '.localhost',
    'a..localhost',
    'localhost..',
    'notlocalhost',
    'localhost.example.com',
    'localhost:80',
    'localhost\n',
    '\nlocalhost',
  ])('%j', (host) => expect(isLoopback(host)).toBe(false));
});

it.each([
  ['localhost', true],
  ['LOCALHOST.', true],
  ['127.0.0.1', true],
  ['::1', true],
  ['[::1]', true],
  ['a.localhost', false],
  ['0.0.0.0', false],
  ['127.example.com', false],
])('a listener on %s is for this machine alone: %s', (host, expected) => {
  expect(isOwnListener(host)).toBe(expected);
});
