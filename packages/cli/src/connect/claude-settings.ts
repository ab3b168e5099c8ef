/**
 * Claude Code's own settings file: the variables that send it through Zephyr, put there and taken
 * out again. All else in the file stays as it was.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';

import { pastProxy } from './claude-no-proxy.ts';

export interface Connection {
  readonly baseUrl: string;
  readonly authToken: string;
}

export const BASE_URL = 'ANTHROPIC_BASE_URL';
export const AUTH_TOKEN = 'ANTHROPIC_AUTH_TOKEN';
const OURS = [BASE_URL, AUTH_TOKEN, 'NO_PROXY', 'no_proxy'] as const;

/** As far as we read it; Claude Code's other settings pass through unread. */
interface Settings {
  readonly env?: Readonly<Record<string, unknown>>;
}

/** Where Claude Code reads the settings of this user. */
export function claudeSettingsPath(environment: Environment): string {
  const folder = environment['CLAUDE_CONFIG_DIR'] || join(homedir(), '.claude');
  return join(folder, 'settings.json');
}

/** What the file was before the first change; `undoSettings` reads it. */
const backupOf = (path: string): string => `${path}.before-zephyr`;

/**
 * Puts the connection into the settings' `env`. The first time the file as it was is saved beside it.
 * The file holds the key afterwards, so only its owner may read it.
 *
 * @param environment in which Claude Code will run; its settings take precedence
 * @throws ZephyrError `USAGE` for a file that is not Claude Code's JSON; it is not touched.
 */
export function connectSettings(
  path: string,
  connection: Connection,
  environment: Environment,
): void {
  const before = readSettings(path);
  if (!existsSync(backupOf(path))) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(backupOf(path), before?.text ?? '{}\n', { mode: 0o600 });
  }
  const past = pastProxy(connection.baseUrl, { ...environment, ...before?.settings.env });
  const env = {
    ...before?.settings.env,
    [BASE_URL]: connection.baseUrl,
    [AUTH_TOKEN]: connection.authToken,
    ...(past === undefined ? {} : { [past.name]: past.value }),
  };
  write(path, { ...before?.settings, env }, before?.text);
}

/**
 * Gives these variables the values that they had before the first change, and removes the backup.
 * What was changed in the file since then stays.
 *
 * @returns whether there was anything to undo
 * @throws ZephyrError `USAGE` for a file or a backup that is not Claude Code's JSON; nothing is touched.
 */
export function undoSettings(path: string): boolean {
  const backup = readSettings(backupOf(path));
  if (backup === undefined) return false;
  const now = readSettings(path);
  const env = Object.entries(now?.settings.env ?? {}).filter(([name]) => !isOurs(name));
  const former = Object.entries(backup.settings.env ?? {}).filter(([name]) => isOurs(name));
  const all = Object.fromEntries([...env, ...former]);
  const hasEnv = Object.keys(all).length > 0 || backup.settings.env !== undefined;
  write(path, { ...now?.settings, env: hasEnv ? all : undefined }, now?.text);
  rmSync(backupOf(path));
  return true;
}

const isOurs = (name: string): boolean => OURS.some((ours) => ours === name);

function readSettings(
  path: string,
): { readonly text: string; readonly settings: Settings } | undefined {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  const settings = parsed(text);
  if (isObject(settings) && (settings['env'] === undefined || isObject(settings['env']))) {
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

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** By rename, so that Claude Code reads the former or the new file; indented as it was. */
function write(path: string, settings: object, before: string | undefined): void {
  const indent = /\n([ \t]+)"/.exec(before ?? '')?.[1] ?? '  ';
  const temporary = `${path}.new`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(temporary, `${JSON.stringify(settings, undefined, indent)}\n`, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}
