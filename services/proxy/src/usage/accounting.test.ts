import { MAX_MODEL_CHARACTERS } from '@zephyr/contract/model-name';
import {
  MAX_ATTEMPTS,
  type RequestRecord,
  requestRecordSchema,
} from '@zephyr/contract/usage/usage';
import { systemClock } from '@zephyr/runtime/clock';
import type { Config } from '@zephyr/runtime/config/config';
import { expect, it } from 'vitest';

import { pseudonymOf } from '../report/session-pseudonym.ts';
import { Accounting, type FinishedRequest } from './accounting.ts';

const NO_CONFIG = { endpoints: [] as Config['endpoints'], prices: [] as Config['prices'] };

function accounting(
  config = () => NO_CONFIG,
  incarnation: () => string | undefined = () => undefined,
) {
  const counted: (readonly [record: RequestRecord, model: string])[] = [];
  const accounts = new Accounting({
    ...{ clock: systemClock, config, incarnation },
    note: (record, model) => counted.push([record, model]),
  });
  return { accounts, counted };
}

const answered = (person: string, model: string): FinishedRequest => ({
  ...{ id: 'zephyr_1', person, operation: 'messages', model, answeredModel: model },
  ...{ sessionId: undefined, outcome: 'ok', endpointRequestId: undefined },
  attempts: [{ endpoint: 'one', failure: null, isBillable: false }],
  ...{ ttftMs: 1, durationMs: 2, isCharged: false },
  usage: {
    ...{ inputTokens: 1, outputTokens: 1, cacheReadTokens: 0 },
    ...{ cacheWriteTokens: 0, cacheWrite1hTokens: 0 },
  },
});

it('counts names invented by one person under `other`, and leaves room for those of others', () => {
  const { accounts, counted } = accounting();
  for (let n = 0; n < 100_000; n += 1) accounts.finished(answered('ann', `claude-invented-${n}`));
  expect(new Set(counted.map(([, model]) => model)).size).toBe(31);
  accounts.finished(answered('bob', 'claude-opus-9'));
  expect(counted.at(-1)?.[1]).toBe('claude-opus-9');
  // A name already introduced by another person is counted as it is.
  accounts.finished(answered('ann', 'claude-opus-9'));
  expect(counted.at(-1)?.[1]).toBe('claude-opus-9');
  // The log of requests has the requested name.
  expect(counted[99_999]?.[0].model).toBe('claude-invented-99999');
});

it('records the last attempts of a request with more than its record can hold', () => {
  const { accounts } = accounting();
  const attempts = Array.from({ length: MAX_ATTEMPTS + 1 }, (_, index) => ({
    endpoint: `e${index}`,
    ...{ failure: 'reset', isBillable: true },
  })) as FinishedRequest['attempts'];
  const record = accounts.finished({ ...answered('ann', 'claude-opus-9'), attempts });
  expect(requestRecordSchema.parse(record).attempts).toEqual(attempts.slice(1));
});

it('prices an answer by the terms of its endpoint, also if that was removed meanwhile', () => {
  const endpoint = (id: string, usdFactor: number) => ({ id, groupName: `of-${id}`, usdFactor });
  const endpoints = [endpoint('one', 0.5), endpoint('two', 3)] as unknown as Config['endpoints'];
  let config = { endpoints, prices: [] };
  const { accounts } = accounting(() => config);
  const before = accounts.finished(answered('ann', 'claude-opus-4-5'));
  expect(before).toMatchObject({ group: 'of-one', costUsd: expect.closeTo(0.000_015, 9) });
  config = { endpoints: endpoints.slice(1), prices: [] };
  const after = accounts.finished(answered('ann', 'claude-opus-4-5'));
  expect(after).toMatchObject({ group: 'of-one', costUsd: before.costUsd });
});

it('retains the terms of the last thousand removed endpoints', () => {
  const endpoint = (id: string) => ({ id, groupName: `of-${id}`, usdFactor: 1 });
  const former = Array.from({ length: 1_001 }, (_, index) => endpoint(`former-${index}`));
  const configOf = (endpoints: readonly object[]) =>
    ({ ...NO_CONFIG, endpoints }) as unknown as typeof NO_CONFIG;
  let config = configOf(former);
  const { accounts } = accounting(() => config);
  const groupOf = (id: string) =>
    accounts.finished({
      ...answered('ann', 'claude-opus-9'),
      attempts: [{ endpoint: id as never, failure: null, isBillable: false }],
    }).group;
  expect(groupOf('former-0')).toBe('of-former-0');
  // One of them is still configured: it takes no room.
  config = configOf([endpoint('one'), endpoint('former-1')]);
  expect(groupOf('former-0')).toBe('of-former-0');
  config = configOf([endpoint('one')]);
  expect(['former-0', 'former-2', 'former-1000', 'one'].map(groupOf)).toEqual([
    null,
    'of-former-2',
    'of-former-1000',
    'of-one',
  ]);
});

it('gives sessions another pseudonym when Redis has lost its data', () => {
  let incarnation = 'first';
  const { accounts } = accounting(undefined, () => incarnation);
  const session = () =>
    accounts.finished({ ...answered('ann', 'claude-opus-9'), sessionId: 's' }).session;
  expect(session()).toBe(pseudonymOf('s', 'first'));
  incarnation = 'second';
  expect(session()).toBe(pseudonymOf('s', 'second'));
});

const OPUS = 'claude-opus-4-5';
const requestOf = (changes: Partial<FinishedRequest>): FinishedRequest => ({
  ...answered('ann', OPUS),
  ...changes,
});
const recordOf = (changes: Partial<FinishedRequest>) =>
  accounting().accounts.finished(requestOf(changes));

it('records the facts of a request, rounded to milliseconds', () => {
  const record = recordOf({ endpointRequestId: 'x'.repeat(101), ttftMs: 1.6, durationMs: 2.4 });
  expect(requestRecordSchema.parse(record)).toMatchObject({
    ...{ id: 'zephyr_1', endpointRequestId: 'x'.repeat(100), person: 'ann', group: null },
    ...{ endpoint: 'one', model: OPUS, operation: 'messages', session: null, outcome: 'ok' },
    ...{ ttftMs: 2, durationMs: 2, tokensKnown: 'reported' },
  });
  expect(record.atMs).toBe(Math.round(record.atMs));
});

it('records what is missing as such', () => {
  const missing = { attempts: [], ttftMs: undefined, usage: undefined };
  expect(recordOf(missing)).toMatchObject({
    ...{ endpoint: 'none', endpointRequestId: null, ttftMs: null, costUsd: 0 },
    ...{ usage: { inputTokens: 0, outputTokens: 0 }, tokensKnown: 'free' },
  });
});

it('keeps as many attempts as a record can hold', () => {
  const attempts = Array.from({ length: MAX_ATTEMPTS }, (_, index) => ({
    endpoint: `e${index}`,
    ...{ failure: 'reset', isBillable: true },
  })) as FinishedRequest['attempts'];
  expect(recordOf({ attempts }).attempts).toEqual(attempts);
});

it.each<[string, Partial<FinishedRequest>, RequestRecord['tokensKnown']]>([
  ['a whole answer', {}, 'reported'],
  ['an answer that broke off', { outcome: 'cut' }, 'partly_reported'],
  ['no usage, but charged', { usage: undefined, isCharged: true }, 'not_reported'],
  ['no usage, not charged', { usage: undefined }, 'free'],
])('says what is known of the tokens: %s', (_what, changes, known) => {
  expect(recordOf(changes).tokensKnown).toBe(known);
});

it('prices a request by its model, or else by the one that answered', () => {
  const price = recordOf({}).costUsd;
  expect(price).toBeGreaterThan(0);
  expect(recordOf({ model: 'alias', answeredModel: OPUS }).costUsd).toBe(price);
  expect(recordOf({ answeredModel: 'claude-haiku-4-5' }).costUsd).toBe(price);
  expect(recordOf({ model: 'alias', answeredModel: 'alias' }).costUsd).toBeNull();
});

it.each([
  ['', 'none'],
  ['claude opus', 'other'],
  ['x'.repeat(MAX_MODEL_CHARACTERS), 'x'.repeat(MAX_MODEL_CHARACTERS)],
  ['x'.repeat(MAX_MODEL_CHARACTERS + 1), 'other'],
  ['上海', 'other'],
])('the model %j is recorded as %s', (model, name) => {
  expect(recordOf({ model }).model).toBe(name);
});

it('counts a model that no endpoint has answered for under `other`', () => {
  const { accounts, counted } = accounting();
  accounts.finished(requestOf({ usage: undefined }));
  expect(counted.at(-1)?.[1]).toBe('other');
  accounts.finished(requestOf({}));
  accounts.finished(requestOf({ usage: undefined }));
  expect(counted.slice(-2).map(([, model]) => model)).toEqual([OPUS, OPUS]);
  accounts.finished(requestOf({ model: '', usage: undefined }));
  expect(counted.at(-1)?.[1]).toBe('none');
});

it('counts at most five hundred models', () => {
  const { accounts, counted } = accounting();
  for (let n = 0; n < 501; n += 1) accounts.finished(answered(`p${n}`, `claude-${n}`));
  expect(counted.slice(-2).map(([, model]) => model)).toEqual(['claude-499', 'other']);
  // A price changes for all of them with the configuration.
  expect(accounts.finished(answered('p1', 'claude-500')).model).toBe('claude-500');
});

it('looks up the prices of five hundred models once, until the configuration changes', () => {
  let reads = 0;
  const newConfig = () => ({
    ...NO_CONFIG,
    get prices() {
      reads += 1;
      return [];
    },
  });
  let config = newConfig();
  const { accounts } = accounting(() => config);
  const readsFor = (model: string) => {
    reads = 0;
    accounts.finished(answered('ann', model));
    return reads;
  };
  for (let n = 0; n < 500; n += 1) expect(readsFor(`claude-x${n}`)).toBe(1);
  expect(readsFor('claude-x499')).toBe(0);
  // Of one more, as requested and as answered.
  expect([readsFor('claude-x500'), readsFor('claude-x500')]).toEqual([2, 2]);
  config = newConfig();
  expect([readsFor('claude-x500'), readsFor('claude-x500')]).toEqual([1, 0]);
});

it('prices by the current configuration', () => {
  let config = NO_CONFIG;
  const { accounts } = accounting(() => config);
  const before = accounts.finished(requestOf({ model: 'mine', answeredModel: '' }));
  expect(before.costUsd).toBeNull();
  const price = {
    ...{ model: 'mine', inputUsd: 2e6, outputUsd: 1e6, cacheReadUsd: 0, cacheWriteUsd: 0 },
  };
  config = { ...NO_CONFIG, prices: [price] };
  expect(accounts.finished(requestOf({ model: 'mine', answeredModel: '' })).costUsd).toBe(3);
});
