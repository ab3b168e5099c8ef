/** Tokens that a program prints: at the start, at a reload, and when an endpoint refuses one. */

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { eventually } from '@zephyr/testkit/eventually';
import { isAlive } from '@zephyr/testkit/process-alive';

import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { parseConfig } from '../read/load.ts';
import { type ConfigSource, createConfigSource } from '../watch/source.ts';

const CANARY = 'sk-canary-5d21';

let folder: string;
let source: ConfigSource | undefined;
let lines: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zephyr-token-'));
  lines = [];
});
afterEach(() => {
  source?.stop();
  source = undefined;
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const path = (name: string) => join(folder, name);

/** A program that records each run. */
function program(script: string, name = 'op'): string {
  writeFileSync(path(name), `#!/bin/sh\necho run >>"${path('runs')}"\n${script}\n`);
  chmodSync(path(name), 0o700);
  return path(name);
}

const runs = () => readFileSync(path('runs'), 'utf8').split('\n').length - 1;

function text(command: readonly string[], more = ''): string {
  return `[[groups]]\nname = "team"\ntoken_command = ${JSON.stringify(command)}
endpoints = [{ url = "https://one.example.com", name = "One" }]\n${more}`;
}

const parse = (command: readonly string[]) =>
  parseConfig({ path: 'config.toml', text: text(command), variables: () => undefined });

const tokenOf = (from: ConfigSource | undefined) =>
  from?.current().secrets.groupTokens.get('team')?.reveal();

function start(command: readonly string[], more = ''): ConfigSource {
  writeFileSync(path('config.toml'), text(command, more));
  const log = pino(
    { level: 'debug' },
    new Writable({
      write(line: Buffer, _encoding, done) {
        lines.push(line.toString());
        done();
      },
    }),
  );
  source = createConfigSource(
    { configPath: path('config.toml'), envFilePath: path('.env'), environment: {} },
    log,
  );
  return source;
}

describe('token_command', () => {
  it('prints the token of its group; arguments are no shell code', () => {
    const op = program(`printf ' %s\\n' "$2"`);
    const { secrets } = parse([op, 'read', '$HOME;`id`']);
    expect(secrets.groupTokens.get('team')?.reveal()).toBe('$HOME;`id`');
    expect(runs()).toBe(1);
  });

  it('gets no secret of ours', () => {
    vi.stubEnv('TEAM_TOKEN', CANARY);
    vi.stubEnv('HTTPS_PROXY', `http://ann:${CANARY}@proxy.lan`);
    const op = program(`env | grep -c ${CANARY}`);
    const { secrets } = parse(['sh', '-c', `${op} || true`]);
    expect(secrets.groupTokens.get('team')?.reveal()).toBe('0');
  });

  it.each([
    ['ends with a code', `echo ${CANARY}; exit 3`, 'op, which exited with code 3'],
    ['prints nothing', 'true', 'op, which printed nothing'],
    ['prints several lines', `echo ${CANARY}; echo ${CANARY}`, 'op, which printed several lines'],
    ['prints blanks', `echo a ${CANARY}`, 'op, which printed spaces'],
    ['prints without end', `yes ${CANARY}`, 'op, which printed more than the longest token'],
    ['is killed', 'kill -9 $$', 'op, which was killed by SIGKILL'],
  ])('that %s is rejected, without what it printed', (_, script, problem) => {
    const op = program(script);
    expect(() => parse([op, 'read', 'op://a'])).toThrow(problem);
    expect(() => parse([op, 'read', 'op://a'])).not.toThrow(/canary|op:\/\/a/);
  });

  it.each([
    ['without a program', '[""]', 'expected a program'],
    ['with a NUL in it', '["op", "a\\u0000b"]', 'a text without NUL'],
  ])('%s is rejected', (_, command, problem) => {
    const toml = text(['op']).replace('["op"]', command);
    const load = () => parseConfig({ path: 'config.toml', text: toml, variables: () => undefined });
    expect(load).toThrow(problem.replace(/^expected /, ''));
  });

  it('that is not a program, or is combined with auth_token_env, is rejected', () => {
    expect(() => parse([path('none')])).toThrow('none, which is not a program in PATH');
    const both = text(['true']).replace('token_command', 'auth_token_env = "A"\ntoken_command');
    const load = (toml: string) => () =>
      parseConfig({ path: 'config.toml', text: toml, variables: () => 'sk-1' });
    expect(load(both)).toThrow('auth_token_env and token_command');
    expect(load(text(['true']).replace(/token_command.*/, ''))).toThrow('groups[0].auth_token_env');
  });
});

describe('a running service', () => {
  it('reads the token again when an endpoint refuses it, but at most once a minute', async () => {
    writeFileSync(path('token'), `${CANARY}-1`);
    const running = start([program(`cat "${path('token')}"`)]);
    expect([tokenOf(running), runs()]).toEqual([`${CANARY}-1`, 1]);
    // Just read: another refusal within the minute changes nothing.
    running.tokenRefused('team');
    writeFileSync(path('token'), `${CANARY}-2`);
    const now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now + 61_000);
    running.tokenRefused('nobody');
    running.tokenRefused('team');
    running.tokenRefused('team');
    await eventually(() => expect(tokenOf(running)).toBe(`${CANARY}-2`));
    running.tokenRefused('team');
    vi.restoreAllMocks();
    expect(runs()).toBe(2);
    expect(lines.join('')).not.toContain(CANARY);
  });

  it('reads it again on reload, and keeps the old one if that fails', async () => {
    writeFileSync(path('token'), `${CANARY}-1`);
    const running = start([program(`cat "${path('token')}"`)]);
    writeFileSync(path('token'), `${CANARY}-2`);
    running.reload();
    await eventually(() => expect(tokenOf(running)).toBe(`${CANARY}-2`));
    rmSync(path('token'));
    running.reload();
    await eventually(() => expect(lines.join('')).toContain('the current one stays in use'));
    expect(tokenOf(running)).toBe(`${CANARY}-2`);
    expect(lines.join('')).toContain('op, which exited with code 1');
    expect(lines.join('')).not.toContain(CANARY);
  });

  it('applies nothing again if a reload finds the same token', async () => {
    writeFileSync(path('token'), `${CANARY}-1`);
    const running = start([program(`cat "${path('token')}"`)]);
    const changes: string[] = [];
    running.subscribe(({ status }) => changes.push(status));
    running.reload();
    await eventually(() => expect(lines.join('')).toContain('"isSame":true'));
    writeFileSync(path('token'), `${CANARY}-2`);
    running.reload();
    await eventually(() => expect(tokenOf(running)).toBe(`${CANARY}-2`));
    expect(changes).toEqual(['applied', 'applied', 'applied']);
  });

  it('ignores other output of the program', async () => {
    const noise = 'head -c 40000 /dev/zero | tr "\\0" x >&2';
    writeFileSync(path('token'), `${CANARY}-1`);
    const running = start([program(`${noise}; cat "${path('token')}"`)]);
    writeFileSync(path('token'), `${CANARY}-2`);
    running.reload();
    await eventually(() => expect(tokenOf(running)).toBe(`${CANARY}-2`));
  });

  it('kills the children of a program that it has to kill', async () => {
    writeFileSync(path('token'), `${CANARY}-1`);
    const running = start([
      program(`cat "${path('token')}"; [ ! -e "${path('endless')}" ] || sh "${path('endless')}"`),
    ]);
    writeFileSync(path('endless'), `sleep 600 & echo $! >"${path('pid')}"; yes`);
    running.reload();
    await eventually(() => expect(lines.join('')).toContain('op, which printed more than'));
    const pid = Number(readFileSync(path('pid'), 'utf8'));
    await eventually(() => expect(isAlive(pid)).toBe(false));
    expect(tokenOf(running)).toBe(`${CANARY}-1`);
  });

  it('that shares a process with others runs the program once for all', async () => {
    writeFileSync(path('token'), `${CANARY}-1`);
    const first = start([program(`cat "${path('token')}"`)]);
    const sources = { configPath: path('config.toml'), envFilePath: path('.env'), environment: {} };
    const second = createConfigSource(sources, pino({ level: 'silent' }));
    expect([tokenOf(second), runs()]).toEqual([`${CANARY}-1`, 1]);
    const now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now + 61_000);
    writeFileSync(path('token'), `${CANARY}-2`);
    first.tokenRefused('team');
    await eventually(() => expect(tokenOf(first)).toBe(`${CANARY}-2`));
    // Refused there too, where the old one is still in use.
    second.tokenRefused('team');
    await eventually(() => expect(tokenOf(second)).toBe(`${CANARY}-2`));
    vi.restoreAllMocks();
    second.stop();
    // A restarted service does not wait.
    writeFileSync(path('token'), '');
    const third = createConfigSource(sources, pino({ level: 'silent' }));
    expect([tokenOf(third), runs()]).toEqual([`${CANARY}-2`, 2]);
    third.stop();
  });

  it('forgets the token of a command that the configuration no longer names', async () => {
    const former = [program(`cat "${path('token')}"`)];
    writeFileSync(path('token'), `${CANARY}-1`);
    const running = start(former);
    writeFileSync(path('config.toml'), text([program('echo sk-other', 'other')]));
    running.reload();
    await eventually(() => expect(tokenOf(running)).toBe('sk-other'));
    // The reload has run the former one as well, which was still in use.
    await eventually(() => expect(lines.join('')).toContain('"isSame":true'));
    running.reload();
    writeFileSync(path('token'), `${CANARY}-2`);
    writeFileSync(path('config.toml'), text(former));
    // It is run again, and until then nothing old is in use.
    expect(running.reload()).toMatchObject({ status: 'rejected' });
    expect(tokenOf(running)).toBe('sk-other');
    await eventually(() => expect(tokenOf(running)).toBe(`${CANARY}-2`));
  });

  it('does not wait for the command of a changed configuration', async () => {
    writeFileSync(path('token'), `${CANARY}-1`);
    const running = start([program(`cat "${path('token')}"`)]);
    const slow = program(
      `while [ ! -e "${path('go')}" ]; do sleep 0.1; done; echo sk-slow`,
      'slow',
    );
    writeFileSync(path('config.toml'), text([slow]));
    const change = running.reload();
    expect(change).toMatchObject({ status: 'rejected' });
    expect(JSON.stringify(change)).toContain('slow, which is running now');
    expect(tokenOf(running)).toBe(`${CANARY}-1`);
    writeFileSync(path('go'), '');
    await eventually(() => expect(tokenOf(running)).toBe('sk-slow'));
  });
});
