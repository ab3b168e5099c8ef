import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { variablesOf } from './variables.ts';

describe('variablesOf', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-variables-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('prefers the environment, then the secret file, then the .env file', () => {
    const path = join(folder, 'token');
    writeFileSync(path, 'from-secret\n');
    const look = (environment: Record<string, string>) =>
      variablesOf(environment, 'TOKEN=from-env-file')('TOKEN');
    expect(look({ TOKEN: 'from-environment', TOKEN_FILE: path })).toBe('from-environment');
    expect(look({ TOKEN_FILE: path })).toBe('from-secret');
    expect(look({ TOKEN: '' })).toBe('from-env-file');
  });

  it('treats an empty value as unset', () => {
    expect(variablesOf({ TOKEN: '' }, 'TOKEN=')('TOKEN')).toBeUndefined();
  });

  it('refuses to continue without a named secret file', () => {
    const look = variablesOf({ TOKEN_FILE: join(folder, 'missing') }, '');
    expect(() => look('TOKEN')).toThrow(
      /TOKEN_FILE\n {2}found: {4}a file that cannot be read: ENOENT/,
    );
  });

  it('reads a .env file with Windows line ends and comments', () => {
    expect(variablesOf({}, 'OTHER=1\r\nTOKEN="a # b" # c\r\n')('TOKEN')).toBe('a # b');
  });

  it('finds no inherited properties', () => {
    expect(variablesOf({}, '')('constructor')).toBeUndefined();
  });
});
