import { describe, expect, it } from 'vitest';

import { credentialOf } from './credential.ts';

describe('credentialOf', () => {
  it.each([
    ['sk-ant-api03-abc', 'x-api-key', 'sk-ant-api03-abc'],
    ['sk-ant-oat01-abc', 'authorization', 'Bearer sk-ant-oat01-abc'],
    ['cr_0123', 'authorization', 'Bearer cr_0123'],
  ])('%s goes as %s', (token, header, value) => {
    expect(credentialOf(token)).toEqual({ header, value });
  });
});
