import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PROGRAM = `
  import { Redis } from 'ioredis';
  import { restoreStringPrototype } from '${new URL('./string-prototype.ts', import.meta.url).href}';
  const isFast = () => %HasFastProperties(String.prototype);
  const without = isFast();
  restoreStringPrototype();
  console.log(JSON.stringify({ name: Redis.name, without, with: isFast() }));
`;

test('the methods of strings are fast, although ioredis extends String', () => {
  // A process of its own: V8 turns the prototype into a dictionary only once.
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--allow-natives-syntax', '--input-type=module', '--eval', PROGRAM],
    { cwd: fileURLToPath(new URL('.', import.meta.url)), encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ name: 'Redis', without: false, with: true });
});
