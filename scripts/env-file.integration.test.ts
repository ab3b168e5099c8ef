/**
 * Rule: `.env` means the same to `zephyr start`, Swarm and Kubernetes (our parser) and to `docker compose`
 * (its own); a value that would differ is rejected, by a start, by `zephyr config check` and by `make up`.
 * compose's reading of each value is recorded here, and compared with the real one if it is installed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkEnvFile, parseEnvFile } from '@zephyr/runtime/config/variables/env-file';
import { spoken } from '@zephyr/runtime/phrase';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { root } from './generated/files.ts';

const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

/** A file that compose rejects entirely. */
const INVALID = Symbol('invalid');

/** Rejected, because compose reads it as in the next column. */
const REJECTED = Symbol('rejected');

/** As written; Zephyr's reading; compose 2.26's reading. */
const ROWS: readonly (readonly [string, string | typeof REJECTED, string | typeof INVALID])[] = [
  ['sk-ant-1', 'sk-ant-1', 'sk-ant-1'],
  ['sk-ant-1 # ours', 'sk-ant-1', 'sk-ant-1'],
  ['  a  ', 'a', 'a'],
  ['a b', 'a b', 'a b'],
  ['a\\b\\n', 'a\\b\\n', 'a\\b\\n'],
  ['a"b\'c=d', 'a"b\'c=d', 'a"b\'c=d'],
  ['', '', ''],
  // Node's own parser takes the next line as this value.
  ['  ', '', ''],
  ['""', '', ''],
  ['"a#b c" # ours', 'a#b c', 'a#b c'],
  ['"a\'b"', "a'b", "a'b"],
  [`'a$b$$c\\n#"d'`, 'a$b$$c\\n#"d', 'a$b$$c\\n#"d'],
  ["'  a  '", '  a  ', '  a  '],
  ['a$b', REJECTED, 'a'],
  ['a$$b', REJECTED, 'a$b'],
  ['"a$b"', REJECTED, 'a'],
  ['a#b', REJECTED, 'a#b'],
  ['#a', REJECTED, '#a'],
  [' # ours', REJECTED, '# ours'],
  ['"a\\\\b"', REJECTED, 'a\\b'],
  ['"a\\"b"', REJECTED, 'a"b'],
  ["'a\\'b'", REJECTED, "a'b"],
  ["'a\\'", REJECTED, INVALID],
  ["'a'b'", REJECTED, INVALID],
  ['"ab', REJECTED, INVALID],
  ['`a`', REJECTED, '`a`'],
  ['\ta', REJECTED, 'a'],
  ['a\t', REJECTED, 'a'],
];

describe('a value of .env', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephyr-env-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (text: string): string => {
    const path = join(folder, 'env');
    writeFileSync(path, text);
    return path;
  };

  const readByCompose = (text: string): Record<string, string> | typeof INVALID => {
    const compose = { name: 'x', services: { a: { image: 'x', env_file: [write(text)] } } };
    writeFileSync(join(folder, 'compose.json'), JSON.stringify(compose));
    const files = ['--file', join(folder, 'compose.json'), '--project-directory', folder];
    const run = spawnSync('docker', ['compose', ...files, 'config', '--format', 'json'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: folder },
    });
    if (run.status !== 0) return INVALID;
    const { environment } = JSON.parse(run.stdout).services.a;
    return Object.fromEntries(
      Object.entries(environment as Record<string, string>).map(
        // It escapes its output so that it can be read back.
        ([name, value]) => [name, value.replaceAll('$$', '$')],
      ),
    );
  };

  const rejectedByMake = (text: string): string =>
    spawnSync('sh', ['-c', '. scripts/settings.sh; check_env_file "$1"', 'sh', write(text)], {
      cwd: root,
      encoding: 'utf8',
    }).stderr;

  it.each(ROWS)('%j means %j to zephyr start, Swarm and Kubernetes', (written, value) => {
    const text = `OTHER=1\nTOKEN=${written}\nNEXT=2\n`;
    const expected = value === REJECTED ? [] : [['TOKEN', value] as const];
    expect(parseEnvFile(text)).toEqual(new Map([['OTHER', '1'], ...expected, ['NEXT', '2']]));
  });

  it.skipIf(!hasCompose).each(ROWS)('%j is recorded as compose reads it', (...row) => {
    const [written, , compose] = row;
    const read = readByCompose(`OTHER=1\nTOKEN=${written}\nNEXT=2\n`);
    expect(read === INVALID ? INVALID : read['TOKEN']).toBe(compose);
  });

  it.each(ROWS)('%j is rejected with its line unless it means the same to compose', (...row) => {
    const [written, value, compose] = row;
    const text = `OTHER=1\nTOKEN=${written}\n`;
    const problems = checkEnvFile('.env', text, ['TOKEN', 'OTHER']);
    const byMake = rejectedByMake(text);
    if (value !== REJECTED) {
      expect(value).toBe(compose);
      expect([...problems, byMake]).toEqual(['']);
      return;
    }
    expect(problems).toMatchObject([{ file: '.env', line: 2, path: 'TOKEN' }]);
    expect(spoken(problems[0]?.advice ?? '')).toMatch(/(write|quote:) TOKEN='…'|TOKEN_FILE/);
    expect(byMake).toContain(':2: the value of TOKEN ');
  });

  it('is not shown if rejected', () => {
    const text = 'TOKEN=very$SECRET\n';
    const said = JSON.stringify(checkEnvFile('.env', text, ['TOKEN'])) + rejectedByMake(text);
    expect(said).toContain('TOKEN');
    expect(said).not.toMatch(/very|SECRET/);
  });

  it('of another variable is not our business for the configuration', () => {
    expect(checkEnvFile('.env', 'UNREAD=a$b\n', ['TOKEN'])).toEqual([]);
  });

  it.each(["'a", '"a', "'a\\'"])(
    'of another variable, %s, is rejected where compose reads the next lines into it',
    (written) => {
      const text = `UNREAD=${written}\nTOKEN=b${written[0]}\n`;
      expect(checkEnvFile('.env', text, ['TOKEN'])).toMatchObject([{ line: 1, path: 'UNREAD' }]);
      if (hasCompose) expect(readByCompose(text)).not.toHaveProperty('TOKEN');
    },
  );

  it.each(['swarm/stack.yml', 'kubernetes/base/proxy.yaml'])(
    'is read by the services themselves in deploy/%s',
    (file) => {
      const text = readFileSync(join(root, 'deploy', file), 'utf8');
      expect(text).toContain('ZEPHYR_ENV_FILE');
      expect(text).not.toMatch(/env_file|envFrom/);
    },
  );

  const values = fc.array(
    fc.string({ unit: fc.constantFrom(...'ab= \t#$\'"\\`{}-é'), maxLength: 8 }),
    { minLength: 40, maxLength: 40 },
  );
  const lines = (all: readonly string[]) => all.map((value, index) => `V${index}=${value}`);

  it('is judged alike by config check and by make up, whatever it is', () => {
    fc.assert(
      fc.property(values, (all) => {
        const text = `${lines(all).join('\n')}\n`;
        const names = all.map((_, index) => `V${index}`);
        const byCheck = checkEnvFile('.env', text, names).map(({ line }) => line);
        const byMake = [...rejectedByMake(text).matchAll(/:(\d+): the value/g)].map(([, line]) =>
          Number(line),
        );
        expect(byMake).toEqual(byCheck);
      }),
      { numRuns: 25 },
    );
  });

  it.skipIf(!hasCompose)('means the same to both if accepted, whatever it is', () => {
    fc.assert(
      fc.property(values, (all) => {
        const isTaken = (line: string, index: number) => parseEnvFile(line).has(`V${index}`);
        const text = `${lines(all).filter(isTaken).join('\n')}\n`;
        expect(readByCompose(text)).toEqual(Object.fromEntries(parseEnvFile(text)));
      }),
      { numRuns: 25 },
    );
  });
});
