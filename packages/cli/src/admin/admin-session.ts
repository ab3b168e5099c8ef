/** What a command needs to talk to a controller: its address, a token, a language. */
import { existsSync, readFileSync } from 'node:fs';

import { type LoadedConfig, loadConfig } from '@zephyr/runtime/config/read/load';
import { localeOfFile } from '@zephyr/runtime/config/read/locale';
import { UNREAD_TOKENS } from '@zephyr/runtime/config/secrets/run-token-command';
import { variablesOf } from '@zephyr/runtime/config/variables/variables';
import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import {
  type Language,
  languageOf,
  type Numbers,
  numbersOf,
  type Translate,
  translator,
} from '@zephyr/texts';

import { checkedUrl, localHost } from '../network/addresses.ts';
import { CONTROLLER_DEFAULTS } from '../network/service-location.ts';
import { type AdminClient, adminClient } from './client.ts';

export interface AdminOptions {
  readonly config: string;
  readonly envFile: string;
  /** The controller's, instead of the configured one. */
  readonly url?: string;
  readonly language?: Language;
  readonly json?: boolean;
}

export interface AdminSession {
  readonly client: AdminClient;
  readonly language: Language;
  readonly say: Translate;
  readonly numbers: Numbers;
  /** What is wrong with config.toml; a running system keeps its previous configuration. */
  readonly configError?: ZephyrError | undefined;
}

/**
 * With `--url` no address or token is read from the configuration: the controller may be on another machine.
 * A broken configuration must not lock an operator out of the running system: whatever is readable of the
 * address is used.
 *
 * @throws ZephyrError `USAGE` for an invalid address
 */
export function openSession(options: AdminOptions, environment: Environment): AdminSession {
  const isLocal = options.url === undefined && existsSync(options.config);
  const read = isLocal ? readConfig(options, environment) : { status: 'none' as const };
  const loaded = read.status === 'loaded' ? read.loaded : undefined;
  const language = options.language ?? languageOf(localeOfFile(options.config, environment));
  const say = translator(language);
  const address = read.status === 'broken' ? addressIn(options.config) : loaded?.config.controller;
  const url = checkedUrl(options.url ?? urlOf(address), urlOf());
  const token = loaded?.secrets.adminToken?.reveal() ?? adminTokenIn(options, environment);
  const configError = read.status === 'broken' ? read.error : undefined;
  const client = adminClient({ url, token, doubt: configError }, say);
  return { client, language, say, numbers: numbersOf(language), configError };
}

type ReadConfig =
  | { readonly status: 'loaded'; readonly loaded: LoadedConfig }
  | { readonly status: 'broken'; readonly error: ZephyrError };

function readConfig({ config, envFile }: AdminOptions, environment: Environment): ReadConfig {
  try {
    const sources = { configPath: config, envFilePath: envFile, environment };
    const loaded = loadConfig(sources, { readToken: UNREAD_TOKENS });
    return { status: 'loaded', loaded };
  } catch (error) {
    if (error instanceof ZephyrError) return { status: 'broken', error };
    throw error;
  }
}

/** The configuration that names the variable cannot be read here, so the default name is used. */
function adminTokenIn({ envFile, url }: AdminOptions, environment: Environment) {
  // The token in this folder is not meant for another machine.
  const isHere = url === undefined && existsSync(envFile);
  const file = isHere ? textOf(envFile) : '';
  return variablesOf(environment, file)(CONTROLLER_DEFAULTS.token_env);
}

/** Reads only the `[controller]` table: the error is often elsewhere in the file. */
function addressIn(configPath: string): { readonly host?: string; readonly port?: number } {
  const text = textOf(configPath);
  const table = /^[ \t]*\[controller\][^\n]*\n((?:(?![ \t]*\[)[^\n]*\n?)*)/m.exec(text)?.[1] ?? '';
  const host = /^[ \t]*host[ \t]*=[ \t]*"([^"\n]+)"/m.exec(table)?.[1];
  const port = /^[ \t]*port[ \t]*=[ \t]*(\d{1,5})/m.exec(table)?.[1];
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}

/** Empty if unreadable; reported as a configuration problem. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function urlOf({
  host = CONTROLLER_DEFAULTS.host,
  port = CONTROLLER_DEFAULTS.port,
}: {
  readonly host?: string;
  readonly port?: number;
} = {}): string {
  return `http://${localHost(host)}:${port}`;
}

/** What a command prints: JSON for programs, a sentence for people. */
export function printed(options: AdminOptions, answer: unknown, text: string): string {
  return options.json === true ? JSON.stringify(answer, null, 2) : text;
}
