import { describe, expect, it } from 'vitest';

import {
  addressIn,
  checkOwnVariables,
  LISTEN,
  METRICS_LISTEN,
  PROBE_USERS,
} from './own-variables.ts';

const wrong = (environment: Readonly<Record<string, string>>) =>
  checkOwnVariables(environment).map(({ path }) => path);

describe('the variables that only an environment may have', () => {
  it.each([
    ['127.0.0.1:9464', { host: '127.0.0.1', port: 9464 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    ['localhost:65535', { host: 'localhost', port: 65_535 }],
    ['localhost:65536', undefined],
    ['localhost:123456', undefined],
    ['localhost', undefined],
    [':80', undefined],
    ['http://localhost:80', undefined],
    ['', undefined],
  ])('have an address and a port: %j', (text, address) => {
    const environment = { [METRICS_LISTEN]: text };
    expect(addressIn(environment, METRICS_LISTEN)).toEqual(address);
    expect(wrong(environment)).toEqual(
      address === undefined && text !== '' ? [METRICS_LISTEN] : [],
    );
  });

  it.each([
    ['10100-10115', true],
    ['10100-10100', true],
    ['10115-10100', false],
    ['10100', false],
    ['', true],
  ])('have a range of users, the first before the last: %j', (text, isRight) => {
    expect(wrong({ [PROBE_USERS]: text })).toEqual(isRight ? [] : [PROBE_USERS]);
  });

  it('are reported all at once', () => {
    const environment = { [LISTEN]: 'x', [METRICS_LISTEN]: 'x', [PROBE_USERS]: 'x' };
    expect(wrong(environment)).toEqual([LISTEN, METRICS_LISTEN, PROBE_USERS]);
  });
});
