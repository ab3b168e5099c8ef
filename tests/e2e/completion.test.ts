/** `zephyr completion` in the real shells: types words, presses Tab, reads the line. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@zephyr/testkit/eventually';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type RunningDemo, runDemo } from './support/demo.ts';
import { hasTmux, openTerminal, type Terminal } from './support/terminal.ts';

const ZEPHYR = join(import.meta.dirname, '../../packages/cli/bin/zephyr');
const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

let running: RunningDemo;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zephyr-completion-'));
  symlinkSync(ZEPHYR, join(folder, 'zephyr'));
  running = await runDemo();
  const { port } = new URL(running.url);
  writeFileSync(
    join(folder, 'my-config.toml'),
    `[controller]\nport = ${port}\n[[groups]]\nname = "a"\nauth_token_env = "A"\n` +
      'endpoints = [{ url = "https://a.example.com", name = "A" }]\n',
  );
  symlinkSync('my-config.toml', join(folder, 'config.toml'));
  writeFileSync(join(folder, '.env'), 'A=sk-of-the-completion-test\n');
});
afterAll(async () => {
  await running?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Installs the script where docs/cli.md says; returns the command that starts the shell. */
const INSTALLS: Readonly<Record<Shell, (script: string) => string>> = {
  bash: (script) => {
    writeFileSync(join(folder, 'zephyr.bash'), script);
    writeFileSync(join(folder, 'bashrc'), `PS1='> '\n. ${folder}/zephyr.bash\n`);
    return `bash --rcfile ${folder}/bashrc -i`;
  },
  zsh: (script) => {
    mkdirSync(join(folder, 'functions'));
    writeFileSync(join(folder, 'functions', '_zephyr'), script);
    writeFileSync(
      join(folder, '.zshrc'),
      `PS1='> '\nfpath=(${folder}/functions $fpath)\nautoload -U compinit\ncompinit -u\n`,
    );
    return `ZDOTDIR=${folder} zsh -i`;
  },
  fish: (script) => {
    const config = join(folder, 'fish');
    mkdirSync(join(config, 'completions'), { recursive: true });
    writeFileSync(join(config, 'completions', 'zephyr.fish'), script);
    writeFileSync(
      join(config, 'config.fish'),
      "function fish_prompt; echo '> '; end\nset -g fish_greeting\nset -g fish_autosuggestion_enabled 0\n",
    );
    return `XDG_CONFIG_HOME=${folder} XDG_DATA_HOME=${folder}/data fish -i`;
  },
};

const CASES = [
  ['a command', 'zephyr das', 'zephyr dashboard'],
  ['a command within a command', 'zephyr config ch', 'zephyr config check'],
  ['an argument that is a choice', 'zephyr completion zs', 'zephyr completion zsh'],
  ['an option', 'zephyr events --fol', 'zephyr events --follow'],
  ['the value of an option', 'zephyr status --language z', 'zephyr status --language zh'],
  ['a file', 'zephyr status --config my-c', 'zephyr status --config my-config.toml'],
  [
    'behind a value',
    'zephyr config check --config x --js',
    'zephyr config check --config x --json',
  ],
  ['an endpoint of the running system', 'zephyr pin vir', 'zephyr pin virginia'],
  ['an endpoint of every command that takes one', 'zephyr disable vir', 'zephyr disable virginia'],
] as const;

function isMissing(program: string): boolean {
  return spawnSync(program, ['--version']).status !== 0;
}

for (const shell of SHELLS) {
  const missing = [...(hasTmux() ? [] : ['tmux']), ...(isMissing(shell) ? [shell] : [])];
  describe.skipIf(missing.length > 0)(`completion in ${shell}`, () => {
    let terminal: Terminal;
    beforeAll(async () => {
      const script = execFileSync(ZEPHYR, ['completion', shell], { encoding: 'utf8' });
      const start = `PATH=${folder}:$PATH HOME=${folder} LANG=C.UTF-8 ${INSTALLS[shell](script)}`;
      terminal = openTerminal(start, { columns: 100, rows: 20, cwd: folder });
      await terminal.shows(/^> ?$/m);
    });
    afterAll(() => terminal.close());

    // The first is also the first Tab of the shell, which loads the script.
    it.each(CASES)('completes %s: %s', async (_what, typed, expected) => {
      // On a loaded machine the system may answer too late for the first Tab: press it again.
      await eventually(async () => {
        terminal.press('C-u', 'C-l');
        await terminal.shows(/^> ?$/m);
        terminal.press(typed, 'Tab');
        await terminal.shows(`> ${expected}`, 10_000);
      });
      expect(terminal.screen()).not.toMatch(/error|not found|parse/i);
    });
  });
}
