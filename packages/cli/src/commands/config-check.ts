import { loadConfig } from '@zephyr/runtime/config/load';
import { ConfigError } from '@zephyr/runtime/config/problem';
import { EXIT } from '@zephyr/runtime/errors';

import type { Environment } from '../launch/state-folder.ts';

export interface ConfigCheckOptions {
  readonly config: string;
  readonly envFile: string;
  readonly json?: boolean;
}

/**
 * What `zephyr config check` prints. With `json`: `{ "ok", "problems": [{ file, line, column,
 * path, found, expected, advice }] }`.
 *
 * @throws ZephyrError `CONFIG` when a file cannot be read
 */
export function checkConfig(
  options: ConfigCheckOptions,
  environment: Environment,
): { readonly text: string; readonly exitCode: number } {
  try {
    const { config } = loadConfig({
      configPath: options.config,
      envFilePath: options.envFile,
      environment,
    });
    const endpoints = counted(config.endpoints.length, 'endpoint');
    const groups = counted(config.groups.length, 'group');
    const summary = `${options.config} is good: ${endpoints} in ${groups}.`;
    const text = options.json === true ? JSON.stringify({ ok: true, problems: [] }) : summary;
    return { text, exitCode: EXIT.ok };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems, message } = error;
    const text = options.json === true ? JSON.stringify({ ok: false, problems }) : message;
    return { text, exitCode: EXIT.usage };
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
