import { describe, expect, it } from 'vitest';

import { retryAfterMsIn } from './endpoint-retry-after.ts';

const epochMs = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
const inSeconds = (seconds: number) => String(epochMs / 1000 + seconds);
const at = (seconds: number) => new Date(epochMs + seconds * 1000).toISOString();

describe('retryAfterMsIn', () => {
  it.each([
    ['seconds', '7', 7_000],
    ['blanks', ' 60 ', 60_000],
    ['a part of a second', '5.5', 5_500],
    ['none', '0', 0],
    ['a day', '86400', 86_400_000],
    ['a date', 'Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['a past date', 'Wed, 21 Oct 2026 07:27:30 GMT', 0],
    ['less than nothing', '-1', undefined],
    ['a word', 'soon', undefined],
    ['nothing', '', undefined],
    ['too many digits', '99999999999', undefined],
    ['an invalid date', 'Wed, sometime', undefined],
    ['words before a date', 'after Wed, 21 Oct 2026 07:28:30 GMT', undefined],
  ])('reads retry-after: %s', (_name, value, expected) => {
    expect(retryAfterMsIn({ 'retry-after': value }, epochMs)).toBe(expected);
  });

  it.each(['x1500', '1500x', '-1', ''])('treats retry-after-ms %j as no wait', (value) => {
    expect(retryAfterMsIn({ 'retry-after-ms': value }, epochMs)).toBeUndefined();
  });

  it.each([
    ['now', inSeconds(0)],
    ['words before seconds', `in ${inSeconds(60)}`],
    ['words after seconds', `${inSeconds(60)}s`],
    ['a date of HTTP', 'Wed, 21 Oct 2026 07:28:30 GMT'],
    ['words before a date', 'at 2026-10-21 07:30:00Z'],
    ['an invalid date', '2026-13-45T00:00:00Z'],
  ])('takes a reset at %s for no wait', (_name, reset) => {
    expect(retryAfterMsIn({ 'anthropic-ratelimit-unified-reset': reset }, epochMs)).toBeUndefined();
  });

  it.each([['x-anthropic-ratelimit-unified-reset'], ['anthropic-ratelimit-unified-reset-at']])(
    'treats %s as no limit',
    (name) => {
      expect(retryAfterMsIn({ [name]: inSeconds(60) }, epochMs)).toBeUndefined();
    },
  );

  it.each([
    ['0', 60_000],
    ['000', 60_000],
    ['0.0', 60_000],
    ['10', undefined],
    ['05', undefined],
    ['0.5', undefined],
    ['', undefined],
  ])('takes a limit with %j remaining for used up or not', (remaining, expected) => {
    const headers = {
      'anthropic-ratelimit-tokens-remaining': remaining,
      'anthropic-ratelimit-tokens-reset': inSeconds(60),
    };
    expect(retryAfterMsIn(headers, epochMs)).toBe(expected);
  });

  it.each([
    { name: 'nothing', headers: {}, ms: undefined },
    { name: 'milliseconds', headers: { 'retry-after-ms': '1500' }, ms: 1_500 },
    {
      name: 'milliseconds rather than seconds',
      headers: { 'retry-after-ms': '1500', 'retry-after': '2' },
      ms: 1_500,
    },
    {
      name: 'seconds if the milliseconds are invalid',
      headers: { 'retry-after-ms': 'x', 'retry-after': '2' },
      ms: 2_000,
    },
    {
      name: 'the reset of a rejected subscription',
      headers: {
        'anthropic-ratelimit-unified-status': 'rejected',
        'anthropic-ratelimit-unified-reset': inSeconds(900),
      },
      ms: 900_000,
    },
    {
      name: 'the reset of a subscription without anything else',
      headers: { 'anthropic-ratelimit-unified-reset': inSeconds(900) },
      ms: 900_000,
    },
    {
      name: 'no reset of a subscription with headroom',
      headers: {
        'anthropic-ratelimit-unified-status': 'allowed',
        'anthropic-ratelimit-unified-reset': inSeconds(900),
      },
      ms: undefined,
    },
    {
      name: 'the reset of the rejected window',
      headers: {
        'anthropic-ratelimit-unified-5h-status': 'allowed',
        'anthropic-ratelimit-unified-5h-reset': inSeconds(100),
        'anthropic-ratelimit-unified-7d_opus-status': 'rejected',
        'anthropic-ratelimit-unified-7d_opus-reset': inSeconds(5_000),
      },
      ms: 5_000_000,
    },
    {
      name: 'the reset of an exhausted limit',
      headers: {
        'anthropic-ratelimit-tokens-remaining': '0',
        'anthropic-ratelimit-tokens-reset': at(30),
        'anthropic-ratelimit-requests-remaining': '48',
        'anthropic-ratelimit-requests-reset': at(300),
      },
      ms: 30_000,
    },
    {
      name: 'the later of two exhausted limits',
      headers: {
        'anthropic-ratelimit-tokens-remaining': '0',
        'anthropic-ratelimit-tokens-reset': at(30),
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': at(40),
      },
      ms: 40_000,
    },
    {
      name: 'no reset of a limit without a state',
      headers: { 'anthropic-ratelimit-tokens-reset': at(30) },
      ms: undefined,
    },
    {
      name: 'no past reset',
      headers: { 'anthropic-ratelimit-unified-reset': inSeconds(-5) },
      ms: undefined,
    },
    {
      name: 'retry-after rather than a reset',
      headers: { 'retry-after': '3', 'anthropic-ratelimit-unified-reset': inSeconds(900) },
      ms: 3_000,
    },
    {
      name: 'nothing that is not a time',
      headers: { 'anthropic-ratelimit-unified-reset': 'tomorrow' },
      ms: undefined,
    },
    { name: 'the first of several', headers: { 'retry-after': ['4', '9'] }, ms: 4_000 },
  ])('takes $name', ({ headers, ms }) => {
    expect(retryAfterMsIn(headers, epochMs)).toBe(ms);
  });
});
