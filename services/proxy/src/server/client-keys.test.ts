import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { ANONYMOUS } from '@zephyr/contract/reserved-names';
import type { ClientAccess } from '@zephyr/runtime/config/derived/client-access';
import { describe, expect, it } from 'vitest';

import { Clients } from './client-keys.ts';

const ADDRESS = '203.0.113.7';
const sha256Of = (key: string): string => createHash('sha256').update(key).digest('hex');
const ownerOf = (name: string, key: string) => ({ name, sha256: sha256Of(key) });
const ANN = ownerOf('ann', 'zk-of-ann');
const BOB = ownerOf('bob', 'zk-of-bob');
const withKey = (key: string): IncomingHttpHeaders => ({ 'x-api-key': key });

function clientsOf(access: ClientAccess, keys = [ANN], allowedHosts: readonly string[] = []) {
  const clients = new Clients({ access, keys, allowedHosts });
  const ask = (headers: IncomingHttpHeaders, nowMs = 0, address = ADDRESS) => {
    const admittance = clients.admit({ headers, address }, nowMs);
    return admittance.kind === 'admitted' ? admittance.caller : admittance.why;
  };
  const verdictOn = (headers: IncomingHttpHeaders) =>
    clients.verdictOn({ headers, address: ADDRESS }, 0);
  const canReadPages = (host: string) =>
    clients.canReadPages({ headers: { host }, address: ADDRESS });
  return { clients, ask, verdictOn, canReadPages };
}

describe('who is served', () => {
  it('follows a new configuration', () => {
    const { clients, ask } = clientsOf('keys');
    clients.reconfigure({ access: 'keys', keys: [BOB], allowedHosts: [] });
    expect([ask(withKey('zk-of-ann')), ask(withKey('zk-of-bob'))]).toEqual(['unauthorized', 'bob']);
    clients.reconfigure({ access: 'nobody', keys: [], allowedHosts: [] });
    expect(clients.access).toBe('nobody');
    expect(ask(withKey('zk-of-bob'))).toBe('unauthorized');
  });
});

describe('a proxy with keys', () => {
  it.each([
    ['zk-of-ann', 'admitted'],
    ['with a space', 'refused'],
    ['with-\u00e9', 'refused'],
    ['x'.repeat(512), 'admitted'],
    ['x'.repeat(513), 'refused'],
  ])('takes the same keys in both headers: %s is %s', (key, kind) => {
    const { clients } = clientsOf('keys', [ownerOf('ann', key)]);
    const kinds = [withKey(key), { authorization: `Bearer ${key}` }].map(
      (headers) => clients.admit({ headers, address: '127.0.0.1' }, 0).kind,
    );
    expect(kinds).toEqual([kind, kind]);
  });

  it('knows a person by the name of the key, in whichever header it is', () => {
    const { clients, ask } = clientsOf('keys', [ANN, BOB]);
    expect(clients.admit({ headers: withKey('zk-of-bob'), address: ADDRESS }, 0)).toEqual({
      ...{ kind: 'admitted', person: 'bob', caller: 'bob', keySha256: BOB.sha256 },
    });
    expect(ask({ ...withKey('left-over'), authorization: 'Bearer zk-of-ann' })).toBe('ann');
    expect(ask({ ...withKey('zk-of-ann'), authorization: 'Bearer left-over' })).toBe('ann');
  });

  it('refuses no key, a wrong one, and the stored hash of one', () => {
    const { ask } = clientsOf('keys');
    const wrong = [{}, withKey('guess'), withKey(ANN.sha256), { authorization: 'Basic zk-of-ann' }];
    expect(wrong.map((headers) => ask(headers))).toEqual(Array(4).fill('unauthorized'));
  });

  it('limits the failures of an address for a minute, and still serves a right key', () => {
    const { ask } = clientsOf('keys');
    const guess = (nowMs: number, address = ADDRESS) => ask(withKey('guess'), nowMs, address);
    const answers = Array.from({ length: 22 }, () => guess(0));
    expect(answers.lastIndexOf('unauthorized')).toBe(19);
    expect(answers.slice(20)).toEqual(['too_many_failures', 'too_many_failures']);
    expect(ask(withKey('zk-of-ann'))).toBe('ann');
    expect(guess(0, '203.0.113.8')).toBe('unauthorized');
    expect([guess(59_999), guess(60_000)]).toEqual(['too_many_failures', 'unauthorized']);
  });

  it('no longer admits an active request of a person whose key was removed', () => {
    const { clients } = clientsOf('keys', [ANN, BOB]);
    clients.reconfigure({ access: 'keys', keys: [BOB], allowedHosts: [] });
    const of = [ANN.sha256, BOB.sha256, undefined];
    expect(of.map((sha256) => clients.isStillAdmitted(sha256))).toEqual([false, true, true]);
  });
});

describe('a proxy without keys', () => {
  it('checks the host of each request, even after many with the same one', () => {
    const { clients } = clientsOf('this_machine', []);
    const kindBy = (host: string | undefined) =>
      clients.admit({ headers: { host }, address: '127.0.0.1' }, 0).kind;
    const hosts = ['localhost:8080', 'localhost:8080', 'evil.example', undefined, '127.0.0.1:8080'];
    expect(hosts.map(kindBy)).toEqual(['admitted', 'admitted', 'refused', 'refused', 'admitted']);
  });

  it('serves this machine, unless another hop forwarded the request', () => {
    const { ask } = clientsOf('this_machine', []);
    const host = 'localhost';
    expect(ask({ host })).toBe(ADDRESS);
    expect(ask({ host, 'x-forwarded-for': '127.0.0.1' })).toBe('not_local');
  });

  it('serves everybody who calls it by an address or an allowed name', () => {
    const { ask } = clientsOf('everybody', [], ['zephyr.lan']);
    const asked = ['203.0.113.1:8080', 'Zephyr.LAN', 'evil.example'].map((host) => ask({ host }));
    expect(asked).toEqual([ADDRESS, ADDRESS, 'unknown_host']);
  });

  it('counts by address, but never shows one in a metric', () => {
    const { clients } = clientsOf('everybody', []);
    expect(clients.admit({ headers: { host: 'localhost' }, address: ADDRESS }, 0)).toEqual({
      ...{ kind: 'admitted', caller: ADDRESS, person: ANONYMOUS, keySha256: undefined },
    });
  });

  it('serves nobody after the last key is removed', () => {
    expect(clientsOf('nobody', []).ask({ host: 'localhost' })).toBe('unauthorized');
  });
});

describe('the verdict on a key', () => {
  it('is open if none is needed', () => {
    for (const access of ['this_machine', 'everybody'] as const) {
      const { verdictOn } = clientsOf(access, []);
      expect([verdictOn({}), verdictOn(withKey('zk-of-ann'))]).toEqual(['open', 'open']);
    }
  });

  it('says whether there is one, and whether it is right', () => {
    const { verdictOn } = clientsOf('keys');
    const asked = [{}, withKey('guess'), withKey('zk-of-ann')].map(verdictOn);
    expect(asked).toEqual(['no_key', 'wrong_key', 'accepted']);
  });

  it('is wrong for any key if nobody is served', () => {
    const { verdictOn } = clientsOf('nobody', []);
    expect([verdictOn({}), verdictOn(withKey('zk-of-ann'))]).toEqual(['no_key', 'wrong_key']);
  });

  it('counts a wrong key as a failure, and a missing one not', () => {
    const { verdictOn, ask } = clientsOf('keys');
    for (let round = 0; round < 40; round += 1) verdictOn({});
    expect(ask(withKey('guess'))).toBe('unauthorized');
    for (let round = 0; round < 20; round += 1) verdictOn(withKey('guess'));
    expect(ask(withKey('guess'))).toBe('too_many_failures');
  });
});

it('shows its pages to a page of a foreign name only if its people need keys', () => {
  const readersOf = (access: ClientAccess) =>
    ['localhost', 'zephyr.lan', 'evil.example'].map(
      clientsOf(access, [], ['zephyr.lan']).canReadPages,
    );
  expect(readersOf('keys')).toEqual([true, true, true]);
  for (const access of ['this_machine', 'everybody', 'nobody'] as const) {
    expect(readersOf(access)).toEqual([true, true, false]);
  }
});
