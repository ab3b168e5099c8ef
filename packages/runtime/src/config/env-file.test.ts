import { parseEnv } from 'node:util';

import { describe, expect, it } from 'vitest';

import { checkEnvFile } from './env-file.ts';

const problemsOf = (text: string) => checkEnvFile('.env', text, ['TOKEN', 'OTHER']);

describe('a value of .env', () => {
  it.each([
    ['TOKEN=sk-ant-1', 'sk-ant-1'],
    ['TOKEN=sk-ant-1 # ours', 'sk-ant-1'],
    ['TOKEN="sk-ant-1"', 'sk-ant-1'],
    ['TOKEN="a#b c" # ours', 'a#b c'],
    [`TOKEN='a$b\\n#"c'`, 'a$b\\n#"c'],
    ['export TOKEN = sk-ant-1', 'sk-ant-1'],
    ['TOKEN=', ''],
  ])('%s is taken as it is meant', (line, value) => {
    expect(problemsOf(line)).toEqual([]);
    expect(parseEnv(line)['TOKEN']).toBe(value);
  });

  it.each(['a$b', '"a$b"', 'a#b', '"a\\nb"', 'a\\b', 'a b', 'a"b', '`a`', '"ab', "'a'b"])(
    'TOKEN=%s would mean something else in containers: refused with its line',
    (value) => {
      const [problem] = problemsOf(`OTHER=1\nTOKEN=${value}\nUNREAD=a$b\n`);
      expect(problem).toMatchObject({ file: '.env', line: 2, path: 'TOKEN' });
      expect(JSON.stringify(problem)).not.toContain(JSON.stringify(value).slice(1, -1));
    },
  );
});
