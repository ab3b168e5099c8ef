/**
 * `npx NAME` outside the checkout downloads whatever package has that name. The short names, `zephyr` and
 * `claude`, belong to others, so none of our texts may use them.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const OURS = ['claude-zephyr', '@anthropic-ai/claude-code'];
const TEXTS =
  '**/{*.md,*.ts,*.tsx,*.js,*.html,*.sh,*.yml,*.yaml,*.json,*.toml,Makefile,Dockerfile,run,zephyr}';

/** The package names that `npx`, with or without options, would fetch. */
function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/\bnpx\s+(?:-{1,2}[\w-]+\s+)*(@?[a-z][\w./@-]*)/g)].map(
    ([, name = '']) => name,
  );
}

const files = [
  ...globSync(TEXTS, { cwd: ROOT, exclude: ['**/{node_modules,dist,coverage,.git,artifacts}'] }),
  ...globSync('{.ci/run,.env.example*,config.toml.example*}', { cwd: ROOT }),
].filter((file) => !/foreign-packages\.test\.ts$|package-lock\.json$/.test(file));

describe('the texts of this repository', () => {
  it('are all checked', () => {
    for (const file of ['README.md', 'README.zh.md', 'docs/cli.md', 'config.toml.example'])
      expect(files).toContain(file);
    expect(files).toContain('packages/cli/src/commands/lifecycle/demo.ts');
    expect(files).toContain('packages/texts/src/zh/probe-commands.ts');
  });

  it('never lead to a foreign package', () => {
    const foreign = files.flatMap((file) =>
      namesIn(readFileSync(join(ROOT, file), 'utf8'))
        .filter((name) => !OURS.includes(name))
        .map((name) => `${file}: npx ${name}`),
    );
    expect(foreign).toEqual([]);
  });

  it.each([
    ['npx zephyr status', ['zephyr']],
    ['`npx -y claude -p hello`', ['claude']],
    ['npx claude-zephyr status', ['claude-zephyr']],
    ['npx @anthropic-ai/claude-code -p hello', ['@anthropic-ai/claude-code']],
    ['npm scripts and npx run on Node', ['run']],
  ])('are understood: %s', (text, names) => {
    expect(namesIn(text)).toEqual(names);
  });
});
