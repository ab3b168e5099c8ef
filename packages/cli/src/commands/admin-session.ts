/** What every command needs that talks to a controller: its address, a token, a language. */
import { existsSync } from 'node:fs';

import type { ApiEndpoint, ApiState } from '@zephyr/runtime/api';
import { type LoadedConfig, loadConfig } from '@zephyr/runtime/config/load';
import { ZephyrError } from '@zephyr/runtime/errors';
import {
  type Language,
  languageOf,
  type Numbers,
  numbersOf,
  type Translate,
  translator,
} from '@zephyr/texts';

import { type AdminClient, adminClient } from '../admin/client.ts';
import type { Environment } from '../launch/state-folder.ts';

export interface AdminOptions {
  readonly config: string;
  readonly envFile: string;
  /** Of the controller, instead of the configuration's. */
  readonly url?: string;
  readonly language?: Language;
  readonly json?: boolean;
}

export interface AdminSession {
  readonly client: AdminClient;
  readonly language: Language;
  readonly say: Translate;
  readonly numbers: Numbers;
}

/** Where the controller listens unless the configuration says otherwise. */
const DEFAULT_URL = 'http://127.0.0.1:8081';
const TOKEN_VARIABLE = 'ZEPHYR_ADMIN_TOKEN';

/**
 * With `--url` no configuration is read: the controller may be on another machine.
 *
 * @throws ZephyrError `CONFIG` when the configuration has problems, `USAGE` for a wrong address
 */
export function openSession(options: AdminOptions, environment: Environment): AdminSession {
  const isLocal = options.url === undefined && existsSync(options.config);
  const loaded = isLocal
    ? loadConfig({
        configPath: options.config,
        envFilePath: options.envFile,
        environment,
      })
    : undefined;
  const language =
    options.language ?? loaded?.config.ui.language ?? languageOf(localeOf(environment));
  const say = translator(language);
  const url = checkedUrl(options.url ?? urlOf(loaded));
  const token = loaded?.secrets.adminToken?.reveal() ?? environment[TOKEN_VARIABLE];
  return { client: adminClient({ url, token }, say), language, say, numbers: numbersOf(language) };
}

export function localeOf(environment: Environment): string | undefined {
  return environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'];
}

function urlOf(loaded: LoadedConfig | undefined): string {
  if (loaded === undefined) return DEFAULT_URL;
  const { host, port } = loaded.config.controller;
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function checkedUrl(text: string): string {
  const isHttp = /^https?:\/\//.test(text) && URL.canParse(text);
  if (isHttp) return text.replace(/\/+$/, '');
  throw new ZephyrError('USAGE', `--url ${text} is not an address`, {
    advice: ['for example: --url http://127.0.0.1:8081'],
  });
}

/**
 * The endpoint that a person means: by id, by name, or by an unambiguous beginning of one.
 * @throws ZephyrError `UNKNOWN_ENDPOINT` with the known names
 */
export function endpointNamed(state: ApiState, wanted: string, say: Translate): ApiEndpoint {
  const lower = wanted.toLowerCase();
  const isNamed = ({ id, name }: ApiEndpoint) => id === lower || name.toLowerCase() === lower;
  const begins = ({ id, name }: ApiEndpoint) =>
    id.startsWith(lower) || name.toLowerCase().startsWith(lower);
  const exact = state.endpoints.find(isNamed);
  if (exact !== undefined) return exact;
  const [only, second] = state.endpoints.filter(begins);
  if (only !== undefined && second === undefined) return only;
  const names = state.endpoints.map(({ name }) => name).join(', ');
  throw new ZephyrError('UNKNOWN_ENDPOINT', say('cli.error.unknownEndpoint', { name: wanted }), {
    advice: [say('cli.error.unknownEndpoint.advice', { names })],
  });
}

/** What a command prints: JSON for programs, a sentence for people. */
export function printed(options: AdminOptions, answer: unknown, text: string): string {
  return options.json === true ? JSON.stringify(answer, null, 2) : text;
}
