/**
 * Pasted commands must work: zsh, the shell of macOS, reads a comment at the prompt as arguments, so `make up
 *  # everything` ends with "No rule to make target '#'".
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/** The lines of its shell code blocks; settings of `.env` are not pasted. */
function commandsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```sh\n(?<block>[\s\S]*?)^```$/gm)].flatMap(
    ({ groups }) => groups?.['block']?.split('\n') ?? [],
  );
}

it('no command of the documents has a comment', () => {
  const files = globSync('{*.md,docs/*.md,deploy/*.md}', { cwd: ROOT });
  expect(files).toContain('README.zh.md');
  const commented = files.flatMap((file) =>
    commandsOf(readFileSync(join(ROOT, file), 'utf8'))
      .filter((line) => /(?:^|\s)#/.test(line))
      .map((line) => `${file}: ${line}`),
  );
  expect(commented).toEqual([]);
});
