import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { commandOf } from './own-command.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'zephyr-command-')));
afterAll(() => rmSync(folder, { recursive: true }));
const program = join(folder, 'lib/zephyr');
for (const name of ['lib', 'bin', 'other']) mkdirSync(join(folder, name));
writeFileSync(program, '');
writeFileSync(join(folder, 'other/zephyr'), '');
symlinkSync(program, join(folder, 'bin/zephyr'));

describe('the command that prints of itself', () => {
  it.each([
    ['of a checkout', program, `${folder}/bin`, true, 'npx claude-zephyr'],
    ['that came by npx', '/home/ann/.npm/_npx/1a2b/zephyr', '/bin', false, 'npx claude-zephyr'],
    ['that the shell finds', program, `/none:${folder}/bin`, false, 'zephyr'],
    ['behind another one of that name', program, `${folder}/other:${folder}/bin`, false, program],
    ['that the shell does not find', program, '/none', false, program],
    ['with a blank in its path', '/a b/zephyr', '', false, "'/a b/zephyr'"],
  ] as const)('%s', (_, path, searchPath, isCheckout, command) => {
    expect(commandOf(path, searchPath, isCheckout)).toBe(command);
  });
});
