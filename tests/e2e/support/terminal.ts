/** A real terminal for tests: tmux, with keys typed and the screen read. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { eventually } from '@zephyr/testkit/eventually';

export function hasTmux(): boolean {
  return spawnSync('tmux', ['-V']).status === 0;
}

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly cwd: string;
}

export interface Terminal {
  screen(): string;
  /** The screen with the escape sequences of its colours. */
  colours(): string;
  /** Names as of `tmux send-keys`: `Enter`, `Down`, `Escape`, or characters. */
  press(...keys: string[]): void;
  /** Pid of the program running in the shell. */
  pid(): number;
  resize(columns: number, rows: number): void;
  /** Waits until the screen shows the text. @throws with the screen if it does not */
  shows(text: string | RegExp, timeoutMs?: number): Promise<void>;
  close(): void;
}

/** Ink draws nothing before the end if it believes that nobody is watching. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(CI|CI_.*|CONTINUOUS_INTEGRATION)$/.test(name)),
);

/** Runs a command line in a shell in a terminal of the given size. */
export function openTerminal(commandLine: string, options: TerminalOptions): Terminal {
  const socket = `zephyr-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8', env });
  const { columns, rows, cwd } = options;
  const size = ['-x', String(columns), '-y', String(rows)];
  tmux('new-session', '-d', '-s', 'test', '-c', cwd, ...size, 'sh');
  tmux('set-option', '-g', 'window-size', 'manual');
  tmux('send-keys', '-t', 'test', '-l', `${commandLine}\n`);
  const screen = (): string => tmux('capture-pane', '-p', '-t', 'test');
  return {
    screen,
    colours: () => tmux('capture-pane', '-e', '-p', '-t', 'test'),
    press: (...keys) => void tmux('send-keys', '-t', 'test', ...keys),
    pid: () => {
      const shell = tmux('display-message', '-p', '-t', 'test', '#{pane_pid}').trim();
      return Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim());
    },
    resize: (width, height) =>
      void tmux('resize-window', '-t', 'test', '-x', String(width), '-y', String(height)),
    shows: async (text, timeoutMs) => {
      await eventually(
        () => {
          const shown = screen();
          const isThere = typeof text === 'string' ? shown.includes(text) : text.test(shown);
          if (!isThere) throw new Error(`${String(text)} is not on the screen:\n${shown}`);
        },
        100,
        timeoutMs,
      );
    },
    close: () => void spawnSync('tmux', ['-L', socket, 'kill-server']),
  };
}
