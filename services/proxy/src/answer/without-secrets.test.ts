import { expect, it } from 'vitest';

import type { BufferedAnswer } from './buffered-answer.ts';
import { withoutSecrets } from './without-secrets.ts';

const SECRETS = ['sk-team', 'hidden-value'];

const refusal = (buffered: readonly string[], headers: BufferedAnswer['headers'] = {}) =>
  withoutSecrets(
    {
      status: 400,
      headers,
      buffered: buffered.map((text) => Buffer.from(text)),
    } as unknown as BufferedAnswer,
    SECRETS,
  );
const bodyOf = ({ buffered }: BufferedAnswer) => Buffer.concat(buffered).toString();

it('masks every secret, wherever it is, with as many characters', () => {
  const clean = refusal(['Bearer sk-team, again sk-team and hidden-value']);
  expect(bodyOf(clean)).toBe('Bearer *******, again ******* and ************');
  expect(clean.status).toBe(400);
});

it('masks a secret that arrived in two pieces', () => {
  expect(bodyOf(refusal(['<sk-', 'team>']))).toBe('<*******>');
});

it('leaves every other byte as it is', () => {
  expect(bodyOf(refusal(['上海 🚀 sk-tea']))).toBe('上海 🚀 sk-tea');
});

it('masks secrets in headers, of which there may be several with one name', () => {
  const headers = { 'x-echo': 'sk-team', 'set-cookie': ['a=sk-team', 'b'], 'x-none': undefined };
  expect(refusal([], headers).headers).toEqual({
    ...{ 'x-echo': '*******', 'set-cookie': ['a=*******', 'b'], 'x-none': undefined },
  });
});

it('has no body if there was none', () => {
  expect(refusal([]).buffered).toEqual([]);
  expect(refusal(['']).buffered).toEqual([]);
});
