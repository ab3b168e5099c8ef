/** Every command that reads config.toml reports a broken one in the same way: the list of `config check`. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Environment } from '@zephyr/runtime/environment';
import { explain } from '@zephyr/runtime/errors';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { buildProgram } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'zephyr-broken-config-'));
const environment: Environment = { HOME: folder, XDG_STATE_HOME: folder, LANG: 'C' };

/** What a command needs besides its options. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  'clients add': ['ann'],
  'clients rotate': ['ann'],
  'clients remove': ['ann'],
  'clients grant': ['ann', '5'],
  'endpoint remove': ['one'],
  'usage export': ['--json'],
  run: ['true'],
  'demo kill': ['Tokyo'],
  pin: ['one'],
  enable: ['one'],
  disable: ['one'],
};

const BROKEN = [
  { name: 'that is no TOML', make: (path: string) => writeFileSync(path, '[server\nport = 1') },
  { name: 'that is empty', make: (path: string) => writeFileSync(path, '') },
  { name: 'with an unknown key', make: (path: string) => writeFileSync(path, 'prot = 1\n') },
  { name: 'that is not UTF-8', make: (path: string) => writeFileSync(path, Buffer.from([0xff])) },
  { name: 'that is a folder', make: (path: string) => mkdirSync(path) },
];

/** The names of all commands that take `--config`. */
function commandsOf(command: Command, path: readonly string[] = []): readonly string[] {
  const own = command.options.some(({ long }) => long === '--config') ? [path.join(' ')] : [];
  const below = command.commands.flatMap((sub) => commandsOf(sub, [...path, sub.name()]));
  return [...own, ...below];
}

/** What a command prints, with its error, without line breaks. */
async function run(words: readonly string[]): Promise<string> {
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  try {
    await buildProgram({ environment, print, language: 'en' }).parseAsync([
      'node',
      'zephyr',
      ...words,
    ]);
  } catch (error) {
    print(explain(error));
  }
  return printed.join('\n').replace(/\s+/g, ' ');
}

/** The shell completes names during typing; the dashboard first needs a terminal. */
const OTHERS = /^(config check|completion.*|dashboard)$/;
const commands = commandsOf(
  buildProgram({ environment, print: () => undefined, language: 'en' }),
).filter((name) => !OTHERS.test(name));

beforeAll(() => {
  // No controller answers, whatever else runs on this machine.
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')));
});
afterAll(() => {
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true });
  process.exitCode = undefined;
});

describe.each(BROKEN)('a config.toml $name', ({ name, make }) => {
  const path = join(folder, `${name.replaceAll(' ', '-')}.toml`);
  beforeAll(() => make(path));

  it.each(commands)('zephyr %s shows what config check shows', async (command) => {
    const words = [...command.split(' '), '--config', path, ...(ARGUMENTS[command] ?? [])];
    const problems = await run(['config', 'check', '--config', path]);
    expect(problems).toContain(path);
    expect(await run(words)).toContain(problems);
  });

  it('is left as it was', () => {
    if (name === 'that is a folder') return;
    const before = readFileSync(path);
    make(path);
    expect(readFileSync(path)).toEqual(before);
  });
});
