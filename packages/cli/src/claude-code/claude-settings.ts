/**
 * Claude Code's own settings file: adds and removes the variables that send it through Zephyr. The rest of
 * the file is unchanged.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

import type { Environment } from '@zephyr/runtime/environment';
import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import { isRecord } from '@zephyr/runtime/is-record';
import { phrase } from '@zephyr/runtime/phrase';

import { pastProxy } from './claude-no-proxy.ts';

export interface ProxyConnection {
  readonly baseUrl: string;
  readonly authToken: string;
}

export const BASE_URL = 'ANTHROPIC_BASE_URL';
export const AUTH_TOKEN = 'ANTHROPIC_AUTH_TOKEN';
const OURS = [BASE_URL, AUTH_TOKEN, 'NO_PROXY', 'no_proxy'] as const;

/** The part that we read; other settings pass through unread. */
interface Settings {
  readonly env?: Readonly<Record<string, unknown>>;
}

/** The path of this user's Claude Code settings. */
export function claudeSettingsPath(environment: Environment): string {
  const folder = environment['CLAUDE_CONFIG_DIR'] || join(homedir(), '.claude');
  return join(folder, 'settings.json');
}

/** The file before the first change, empty if there was none; `undoSettings` reads it. */
const backupOf = (path: string): string => `${path}.before-zephyr`;

/** Only what Zephyr sets in the settings' `env`. */
export function settingsLines(connection: ProxyConnection, environment: Environment): string {
  return JSON.stringify({ env: variablesOf(connection, environment) }, undefined, 2);
}

/**
 * Writes the connection into the settings' `env`. The first time, the original file is saved next to it. The
 * file then holds the key, so only its owner may read it.
 *
 * @param environment Claude Code's; its settings take precedence
 * @throws ZephyrError `USAGE` for a file that is not Claude Code's JSON, or cannot be changed; it is not touched.
 */
export function connectSettings(
  path: string,
  connection: ProxyConnection,
  environment: Environment,
): void {
  const before = readSettings(path);
  const env = {
    ...before?.settings.env,
    ...variablesOf(connection, { ...environment, ...before?.settings.env }),
  };
  changing(path, () => {
    const backup = backupOf(path);
    const isFirst = !existsSync(backup);
    if (isFirst && before === undefined) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(backup, '', { mode: 0o600 });
    } else if (isFirst) {
      // With its mode, which undo restores.
      copyFileSync(path, backup);
    }
    try {
      write(path, { ...before?.settings, env }, before?.text);
    } catch (error) {
      if (isFirst) rmSync(backup);
      throw error;
    }
  });
}

function variablesOf(
  { baseUrl, authToken }: ProxyConnection,
  environment: Readonly<Record<string, unknown>>,
) {
  const past = pastProxy(baseUrl, environment);
  return {
    [BASE_URL]: baseUrl,
    [AUTH_TOKEN]: authToken,
    ...(past === undefined ? {} : { [past.name]: past.value }),
  };
}

/**
 * Takes the connection out again and removes the backup. If nothing else has changed since, the file is
 * restored byte for byte; otherwise these variables get their old values back.
 *
 * @returns whether there was anything to undo
 * @throws ZephyrError `USAGE` for a file or a backup that is not Claude Code's JSON; nothing is touched.
 */
export function undoSettings(path: string): boolean {
  const backup = readSettings(backupOf(path));
  if (backup === undefined) return false;
  const now = readSettings(path);
  changing(path, () => {
    if (JSON.stringify(othersOf(now?.settings)) === JSON.stringify(othersOf(backup.settings))) {
      restore(path, backup.text);
    } else {
      write(path, withFormer(now?.settings, backup.settings), now?.text);
      rmSync(backupOf(path));
    }
  });
  return true;
}

function restore(path: string, text: string): void {
  if (text !== '') {
    renameSync(backupOf(path), targetOf(path));
    return;
  }
  rmSync(targetOf(path), { force: true });
  rmSync(backupOf(path));
}

/** The settings that are not ours. */
function othersOf(settings: Settings | undefined): object {
  const { env = {}, ...rest } = settings ?? {};
  const others = Object.entries(env).filter(([name]) => !isOurs(name));
  return { rest, env: Object.fromEntries(others) };
}

function withFormer(now: Settings | undefined, before: Settings): object {
  const env = Object.entries(now?.env ?? {}).filter(([name]) => !isOurs(name));
  const former = Object.entries(before.env ?? {}).filter(([name]) => isOurs(name));
  const all = Object.fromEntries([...env, ...former]);
  const hasEnv = Object.keys(all).length > 0 || before.env !== undefined;
  return { ...now, env: hasEnv ? all : undefined };
}

const isOurs = (name: string): boolean => OURS.some((ours) => ours === name);

function readSettings(
  path: string,
): { readonly text: string; readonly settings: Settings } | undefined {
  if (!existsSync(path)) return undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ZephyrError('USAGE', phrase`cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
  const settings = parsed(text);
  if (isRecord(settings) && (settings['env'] === undefined || isRecord(settings['env']))) {
    return { text, settings };
  }
  throw new ZephyrError(
    'USAGE',
    phrase`${path} is not a settings file of Claude Code; it was not changed`,
    {
      advice: [phrase`fix its JSON, or set the variables in your shell: zephyr connect`],
    },
  );
}

function parsed(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The link's target, if the settings are a symlink, as in dotfile repositories. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** By rename, so that Claude Code reads the old or the new file; keeps the indentation. */
function write(path: string, settings: object, before: string | undefined): void {
  const indent = /\n([ \t]+)"/.exec(before ?? '')?.[1] ?? '  ';
  const target = targetOf(path);
  const temporary = `${target}.new`;
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(temporary, `${JSON.stringify(settings, undefined, indent)}\n`, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, target);
}

/** @throws ZephyrError `USAGE` if the file system does not allow it */
function changing(path: string, change: () => void): void {
  try {
    change();
  } catch (cause) {
    throw new ZephyrError('USAGE', phrase`cannot change ${path}: ${messageOf(cause)}`, {
      cause,
      advice: [phrase`set the variables in your shell instead: zephyr connect`],
    });
  }
}
