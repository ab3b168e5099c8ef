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

const NO_CONFIG = { endpoints: [] as Config['endpoints'], prices: [] };

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
  expect(before).toMatchObject({ group: 'of-one', costUsd: expect.closeTo(0.000015) });
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
  config = configOf([endpoint('one')]);
  expect(['former-0', 'former-1', 'former-1000', 'one'].map(groupOf)).toEqual([
    null,
    'of-former-1',
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
