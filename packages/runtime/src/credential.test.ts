import { describe, expect, it } from 'vitest';

import { credentialsOf } from './credential.ts';

describe('credentialsOf', () => {
  it.each([
    ['sk-ant-api03-abc', undefined, ['x-api-key: sk-ant-api03-abc']],
    ['sk-ant-oat01-abc', undefined, ['authorization: Bearer sk-ant-oat01-abc']],
    ['cr_0123', undefined, ['authorization: Bearer cr_0123']],
    ['sk-ant-api03-abc', 'bearer', ['authorization: Bearer sk-ant-api03-abc']],
    ['cr_0123', 'x-api-key', ['x-api-key: cr_0123']],
    ['cr_0123', 'both', ['authorization: Bearer cr_0123', 'x-api-key: cr_0123']],
  ] as const)('sends %s with auth = %j as %j', (token, style, lines) => {
    const headers = credentialsOf(token, style);
    expect(headers.map(({ name, value }) => `${name}: ${value}`)).toEqual(lines);
  });
});
