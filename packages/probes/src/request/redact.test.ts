import { MAX_DETAIL_CHARACTERS } from '@zephyr/contract/probe/probe';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { redact } from './redact.ts';

describe('redact', () => {
  it.each([
    { name: 'a key', text: 'bad key sk-ant-api03-abcdefgh', shown: 'bad key [secret]' },
    {
      name: 'a bearer token',
      text: 'Authorization: Bearer abc.def-ghi',
      shown: 'Authorization: Bearer [secret]',
    },
    {
      name: 'credentials of a URL',
      text: 'http://user:pass@host/x',
      shown: 'http://[secret]@host/x',
    },
    {
      name: 'a header in JSON',
      text: '{"x-api-key": "abcdef"}',
      shown: '{"x-api-key": "[secret]"}',
    },
    { name: 'control characters', text: 'a\u001b[31mb\r\nc', shown: 'a [31mb c' },
  ])('hides $name', ({ text, shown }) => {
    expect(redact(text, [])).toBe(shown);
  });

  it('truncates text that is too long for a verdict', () => {
    const text = 'a b '.repeat(MAX_DETAIL_CHARACTERS).trim();
    expect(redact(text, [])).toBe(`${text.slice(0, MAX_DETAIL_CHARACTERS - 1)}…`);
  });

  it('never shows a given secret and never more than 300 characters', () => {
    const secret = fc.string({
      minLength: 8,
      maxLength: 40,
      unit: fc.constantFrom(...'abcXYZ019-_.'),
    });
    fc.assert(
      fc.property(fc.string(), secret, fc.string({ maxLength: 400 }), (before, token, after) => {
        const shown = redact(`${before}${token}${after}`, [token]);
        expect(shown).not.toContain(token);
        expect(shown.length).toBeLessThanOrEqual(300);
      }),
    );
  });
});
