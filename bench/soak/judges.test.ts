/** The soak finds what it looks for: each wrong figure and each lost request. */
import type { UsageCounts, UsageRow } from '@zephyr/contract/usage/usage';
import { describe, expect, it } from 'vitest';

import type { Ask, Endpoint } from '../never-worse/endpoint.ts';
import { accounted } from './accounting.ts';
import type { Seen } from './clients.ts';
import type { ProxyOutage } from './disturbances.ts';
import type { Trouble } from './endpoint-faults.ts';
import { type Delivery, Ledger, type Tokens } from './ledger.ts';
import type { Person, Sent } from './people.ts';
import { readAnswers } from './raw-answers.ts';
import { Secrets } from './secrets.ts';
import type { Stall } from './stalls.ts';
import { repeatedTooOften, verdictOf } from './verdicts.ts';

const TOKENS: Tokens = { input: 1, output: 4, read: 1_001, write: 2 };
const BAD: Seen = { end: 'bad', status: 503, error: '' };
const WHOLE: Seen = { end: 'whole', status: 200, error: '' };

const ASK = { id: 'ann-1', body: 'b', path: '/', headers: {} } as Ask;

function ledgerWith(...deliveries: readonly Partial<Delivery>[]): Ledger {
  const ledger = new Ledger(() => undefined);
  for (const delivery of deliveries) {
    Object.assign(ledger.add(ASK, delivery.endpoint ?? 'e1', 'well'), delivery);
  }
  return ledger;
}

const WHOLE_ANSWER = { hasContent: true, isWhole: true, named: TOKENS };

const sent = (seen: Seen): Sent => ({
  ...{ id: 'ann-1', behind: [], fromMs: 1_000, toMs: 2_000, seen },
  person: { name: 'ann', proxy: 0 } as Person,
});

const outage = (of: Partial<ProxyOutage>): ProxyOutage => ({
  ...{ proxy: 0, how: 'killed', fromMs: 1_500, toMs: 3_000 },
  ...of,
});

function rowOf(of: Partial<UsageCounts> = {}): UsageRow {
  const counts = { requests: 1, inputTokens: 1, outputTokens: 4, cacheReadTokens: 1_001 };
  const zero = { failed: 0, cacheWrite5mTokens: 2, cacheWrite1hTokens: 0, costNanoUsd: 0 };
  const rest = { unpriced: 0, incomplete: 0, possiblyBilledTwice: 0 };
  return {
    ...{ person: 'ann', endpoint: 'e1', model: 'm', fromAtMs: 0 },
    counts: { ...counts, ...zero, ...rest, ...of },
  };
}

describe('a request that failed', () => {
  const endpoints = [{ name: 'e1' }, { name: 'e2' }] as Endpoint[];
  const troubleOf = (endpoint: string): Trouble => ({
    ...{ endpoint, what: 'answers 503', fromMs: 900, toMs: 1_100 },
  });
  const judge = (
    ledger: Ledger,
    troubles: readonly Trouble[],
    outages: readonly ProxyOutage[] = [],
    seen = BAD,
    stalls: readonly Stall[] = [],
  ) => verdictOf(sent(seen), { endpoints, ledger, troubles, outages, stalls });

  it('is lost if one endpoint was healthy, otherwise excused', () => {
    expect(judge(ledgerWith({}), [troubleOf('e1')])).toBe('lost');
    expect(judge(ledgerWith({}), [troubleOf('e1'), troubleOf('e2')])).toBe('dark');
    expect(judge(ledgerWith({}), [], [], BAD, [{ fromMs: 500, toMs: 1_100 }])).toBe('dark');
    expect(judge(ledgerWith({}), [], [], BAD, [{ fromMs: 2_500, toMs: 3_100 }])).toBe('lost');
  });

  it('was cut by its endpoint, or by us', () => {
    expect(judge(ledgerWith({ hasContent: true }), [])).toBe('cut');
    expect(judge(ledgerWith(WHOLE_ANSWER), [])).toBe('cut_by_us');
    const behind = { ...sent(BAD), id: 'ann-2', behind: ['ann-1'] };
    const about = { endpoints, troubles: [], outages: [], stalls: [] };
    const verdictBehind = (first: Partial<Delivery>) =>
      verdictOf(behind, { ...about, ledger: ledgerWith(first) });
    expect(verdictBehind({ hasContent: true })).toBe('cut');
    expect(verdictBehind(WHOLE_ANSWER)).toBe('lost');
  });

  it('is excused by a killed proxy only in its outage', () => {
    const restarted = outage({ how: 'restarted' });
    const refused = { ...BAD, status: 0 };
    expect(judge(ledgerWith({}), [], [outage({})])).toBe('with_its_proxy');
    expect(judge(ledgerWith({}), [], [outage({ proxy: 1 })])).toBe('lost');
    expect(judge(ledgerWith(WHOLE_ANSWER), [], [restarted], refused)).toBe('cut_by_us');
    expect(judge(ledgerWith(), [], [restarted], refused)).toBe('with_its_proxy');
    expect(judge(ledgerWith(), [], [restarted])).toBe('lost');
  });
});

describe('the ledger of usage', () => {
  it('may lack an answer that was cut behind one that was cut, and no other', () => {
    const named = { hasContent: true, named: TOKENS };
    const violations = (first: Partial<Delivery>, seen: Seen = BAD) => {
      const ledger = ledgerWith(first);
      Object.assign(ledger.add({ ...ASK, id: 'ann-2' }, 'e1', 'well'), named);
      const behind = { ...sent(seen), id: 'ann-2', behind: ['ann-1'] };
      return accounted({ rows: [], ledger, outages: [], sent: [behind], people: new Set() })
        .violations;
    };
    expect(violations({ hasContent: true })).toEqual([]);
    expect(violations({ hasContent: true }, WHOLE)).toHaveLength(1);
    expect(violations(WHOLE_ANSWER)).toHaveLength(1);
  });

  const check = (
    rows: readonly UsageRow[],
    ledger: Ledger,
    seen: Seen = WHOLE,
    outages: readonly ProxyOutage[] = [],
  ) =>
    accounted({ rows, ledger, outages, sent: [sent(seen)], people: new Set(['ann']) }).violations;

  it('is right to the token, and each other figure is found', () => {
    const ledger = ledgerWith(WHOLE_ANSWER);
    expect(check([rowOf()], ledger)).toEqual([]);
    expect(check([rowOf({ outputTokens: 5 })], ledger)).toHaveLength(1);
    expect(check([rowOf({ cacheReadTokens: 1_000 })], ledger)).toHaveLength(1);
    expect(check([rowOf({ requests: 2 })], ledger)).toHaveLength(1);
    expect(check([{ ...rowOf(), endpoint: 'e2' }], ledger)).toHaveLength(2);
    expect(check([rowOf(), rowOf()], ledger)).toHaveLength(2);
    expect(check([], ledger)).toHaveLength(2);
  });

  it('has the last answer with content, not the ones before it', () => {
    const failed = { endpoint: 'e2', hasContent: false, named: TOKENS };
    expect(check([rowOf()], ledgerWith(failed, WHOLE_ANSWER))).toEqual([]);
  });

  it('may lack a killed proxy’s unwritten usage, and nothing more', () => {
    const ledger = ledgerWith(WHOLE_ANSWER);
    expect(check([], ledger, WHOLE, [outage({ fromMs: 3_500 })])).toEqual([]);
    expect(check([], ledger, WHOLE, [outage({ fromMs: 4_500 })])).not.toEqual([]);
    expect(check([], ledger, WHOLE, [outage({ fromMs: 3_500, how: 'restarted' })])).not.toEqual([]);
    expect(check([rowOf(), rowOf()], ledger, WHOLE, [outage({})])).not.toEqual([]);
  });
});

it('a request is sent at most 1 + max_retries times', () => {
  expect(repeatedTooOften(ledgerWith({}, {}, {}))).toEqual([]);
  expect(repeatedTooOften(ledgerWith({}, {}, {}, {}))).toHaveLength(1);
});

it('a secret is found wherever it is not allowed', () => {
  const secrets = new Secrets(['token-1', 'token-2'], new Map([['ann', 'key-1']]));
  secrets.search('a log', 'nothing here');
  secrets.search('e1', 'token-1', ['token-1']);
  expect(secrets.found).toEqual([]);
  secrets.search('e1', 'token-2', ['token-1']);
  secrets.search('redis', 'x key-1 y');
  expect(secrets.found).toEqual(['the token of group 2 in e1', 'the key of ann in redis']);
});

it('pipelined answers are read in order', () => {
  const first = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
  const second = 'HTTP/1.1 503 X\r\nContent-Length: 2\r\n\r\nde';
  const third = 'HTTP/1.0 200 OK\r\n\r\nto the end';
  expect(readAnswers(first + second + third).map(({ status, body }) => [status, body])).toEqual([
    [200, 'abc'],
    [503, 'de'],
    [200, 'to the end'],
  ]);
});
