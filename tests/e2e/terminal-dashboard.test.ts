/** The terminal dashboard and related commands, in a real terminal, with the real services. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@zephyr/testkit/eventually';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { artifact } from './support/browser.ts';
import { type RunningDemo, runDemo, sendCommand } from './support/demo.ts';
import { runZephyr, ZEPHYR } from './support/run-zephyr.ts';
import { hasTmux, openTerminal, type Terminal } from './support/terminal.ts';

const ROOT = join(import.meta.dirname, '../..');

let running: RunningDemo;
beforeAll(async () => {
  running = await runDemo();
});
afterAll(async () => {
  await running?.stop();
});
afterEach(async () => {
  await sendCommand(running.url, 'unpin', {});
  await sendCommand(running.url, 'resume', {});
});

describe.skipIf(!hasTmux())('the terminal dashboard', () => {
  const terminals: Terminal[] = [];
  afterEach(() => {
    for (const terminal of terminals.splice(0)) terminal.close();
  });

  function start(variables = '', size = { columns: 80, rows: 24 }): Terminal {
    const commandLine = `echo before; ${variables} ${ZEPHYR} dashboard --url ${running.url}; echo "ended with $?"`;
    const terminal = openTerminal(commandLine, { ...size, cwd: ROOT });
    terminals.push(terminal);
    return terminal;
  }

  async function open(variables = '', size = { columns: 80, rows: 24 }): Promise<Terminal> {
    const terminal = start(variables, size);
    await terminal.shows('● ');
    return terminal;
  }

  it('shows who serves, the endpoints and the keys on 80 × 24', async () => {
    const terminal = await open();
    await terminal.shows(/\w+ is serving/);
    for (const name of ['Tokyo', 'Frankfurt', 'Virginia']) await terminal.shows(name);
    await terminal.shows('Q quit  R probe');
    writeFileSync(artifact('terminal-80x24.txt'), terminal.screen());
    const widths = terminal
      .screen()
      .split('\n')
      .map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(80);
  });

  it('probes, pauses and resumes with its keys', async () => {
    const terminal = await open();
    await terminal.shows(/\w+ is serving/);
    terminal.press('r');
    await terminal.shows('Probing 3 endpoints');
    terminal.press('p');
    await terminal.shows('Probes and automatic switches paused');
    await terminal.shows('Next probe paused');
    terminal.press('P');
    await terminal.shows('Probes and automatic switches resumed');
  });

  it('asks before Enter switches to manual; Esc cancels', async () => {
    const terminal = await open();
    await terminal.shows(/\w+ is serving/);
    terminal.press('Enter');
    await terminal.shows(/Switch to manual mode and pin \w+\?/);
    terminal.press('Escape');
    await terminal.shows('Q quit');
    await terminal.shows('automatic');
    terminal.press('Down', 'Enter');
    await terminal.shows(/Switch to manual mode and pin \w+\?/);
    terminal.press('Enter');
    await terminal.shows(/The mode is manual: \w+ is pinned/);
    await terminal.shows('was pinned manually');
    terminal.press('m');
    await terminal.shows('The mode is automatic');
  });

  it('shows the help, speaks Chinese, and keeps the columns straight', async () => {
    const terminal = await open();
    await terminal.shows(/\w+ is serving/);
    terminal.press('?');
    await terminal.shows('probe all endpoints now');
    terminal.press('x');
    terminal.press('l');
    await terminal.shows('正在服务');
    await terminal.shows('备用 1');
    writeFileSync(artifact('terminal-zh.txt'), terminal.screen());
  });

  it('has colours, none with NO_COLOR, and draws even if CI is set', async () => {
    const coloured = await open();
    const plain = await open('NO_COLOR=1 CI=1');
    for (const terminal of [coloured, plain]) await terminal.shows(/\w+ is serving/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequence of a colour
    const colour = /\u001b\[[\d;]*3[1-7]m/;
    expect(coloured.colours()).toMatch(colour);
    expect(plain.colours()).not.toMatch(colour);
  });

  it('explains what to use if the terminal cannot be drawn on', async () => {
    const terminal = start('TERM=dumb');
    await terminal.shows('ended with 1');
    expect(terminal.screen()).toContain('status --watch');
  });

  it('follows the size of the terminal', async () => {
    const terminal = await open('', { columns: 120, rows: 40 });
    await terminal.shows(/\w+ is serving/);
    terminal.resize(50, 14);
    await terminal.shows('Q R P M');
    terminal.resize(30, 8);
    await terminal.shows('too small');
    terminal.resize(100, 30);
    await terminal.shows('Q quit  R probe');
  });

  it.each([
    ['Q', ['q']],
    ['Ctrl-C', ['C-c']],
  ])('gives the terminal back on %s', async (_name, keys) => {
    const terminal = await open();
    await terminal.shows(/\w+ is serving/);
    terminal.press(...keys);
    await terminal.shows('ended with 0');
    expect(terminal.screen()).toContain('before');
    expect(terminal.screen()).not.toContain('is serving');
  });

  it('restores the terminal when it is terminated', async () => {
    const terminal = await open();
    await terminal.shows(/\w+ is serving/);
    process.kill(terminal.pid(), 'SIGTERM');
    await terminal.shows(/ended with \d+/);
    expect(terminal.screen()).toContain('before');
    expect(terminal.screen()).not.toContain('is serving');
  });

  it('shows since when it is stale while the controller is gone, then is live again', async () => {
    const terminal = await open();
    await terminal.shows(/\w+ is serving/);
    running.demo.system.services.controller.kill();
    await terminal.shows(/Stale since \d/);
    await terminal.shows('● Live');
  });
});

describe('the commands for a running system', () => {
  const zephyr = (...args: string[]) => runZephyr([...args, '--url', running.url]);

  it('pins an endpoint by the beginning of its name, and goes back', async () => {
    expect(await zephyr('pin', 'virg')).toMatchObject({
      status: 0,
      stdout: 'Virginia is pinned; the mode is manual.\n',
    });
    expect((await zephyr('pin')).stdout).toMatch(/^\w+ is pinned; the mode is manual\.\n$/);
    expect(JSON.parse((await zephyr('unpin', '--json')).stdout)).toMatchObject({
      outcome: 'applied',
      previousMode: { kind: 'manual', endpointId: 'virginia' },
    });
    expect((await zephyr('unpin')).stdout).toBe('The mode is automatic. Nothing changed.\n');
  });

  it('pauses, resumes and probes, in Chinese too', async () => {
    expect((await zephyr('pause')).stdout).toBe('Probes and automatic switches paused.\n');
    expect((await zephyr('resume', '--language', 'zh')).stdout).toBe('探测和自动切换已恢复。\n');
    expect((await zephyr('probe', 'tokyo', '--live')).stdout).toBe('Probing 1 endpoint now.\n');
  });

  it('prints events without colours if the output is not a terminal', async () => {
    await zephyr('pause');
    const { stdout } = await zephyr('events', '--kind', 'command', '--last', '1');
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}This machine: pause probes\n$/);
    expect(JSON.parse((await zephyr('events', '--json', '-n', '1')).stdout)).toHaveProperty('id');
  });

  /** Runs a continuous command until its output shows the text; then stops it. */
  async function zephyrUntil(shown: RegExp, args: string[], meanwhile: () => Promise<void>) {
    const child = spawn(ZEPHYR, [...args, '--url', running.url], {
      cwd: ROOT,
      env: { ...process.env, LANG: 'C' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    const ended = once(child, 'exit');
    await eventually(() => expect(output).not.toBe(''));
    await meanwhile();
    await eventually(() => expect(output).toMatch(shown));
    child.kill('SIGINT');
    const [exitCode] = (await ended) as [number | null];
    return { output, exitCode };
  }

  it('follows events as they happen, and ends with 0', async () => {
    const { exitCode } = await zephyrUntil(
      /This machine: pause probes\n.*This machine: resume probes\n/s,
      ['events', '--follow', '--last', '1'],
      async () => {
        await sendCommand(running.url, 'pause', {});
        await sendCommand(running.url, 'resume', {});
      },
    );
    expect(exitCode).toBe(0);
  });

  it('watches the status: one line per change if the output is not a terminal', async () => {
    const { output, exitCode } = await zephyrUntil(
      /Virginia is serving\. Virginia was pinned manually\./,
      ['status', '--watch'],
      () => sendCommand(running.url, 'pin', { endpointId: 'virginia' }),
    );
    expect(output.trim().split('\n').length).toBeLessThanOrEqual(4);
    expect(exitCode).toBe(0);
  });

  it.each([
    { args: ['pin', 'nowhere'], status: 1, says: 'Known endpoints: ' },
    { args: ['events', '--kind', 'x'], status: 2, says: 'one of: decision, notice' },
    { args: ['dashboard'], status: 1, says: 'the dashboard needs a terminal' },
    { args: ['dashbord'], status: 2, says: 'did you mean dashboard?' },
  ])('ends with $status: $args', async ({ args, status, says }) => {
    const result = await zephyr(...args);
    expect(result.stderr).toContain(says);
    expect(result.status).toBe(status);
  });

  it('explains what to do when there is no controller', () => {
    const { status, stderr } = spawnSync(ZEPHYR, ['unpin', '--url', 'http://127.0.0.1:9'], {
      encoding: 'utf8',
      env: { ...process.env, LANG: 'C' },
    });
    expect(status).toBe(1);
    expect(stderr).toBe(
      'cannot reach the controller at http://127.0.0.1:9\n' +
        '  Is it running? Start it with zephyr start (in a checkout: make start; for a team: make up), or pass its address with --url.\n',
    );
  });
});
