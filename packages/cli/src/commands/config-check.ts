import { ConfigError } from '@zephyr/runtime/config/config-error';
import { loadConfig } from '@zephyr/runtime/config/load';
import type { Environment } from '@zephyr/runtime/environment';
import { EXIT } from '@zephyr/runtime/errors';
import { translator } from '@zephyr/texts';

import { outboundNotesOf, warningsOf } from '../config-warnings.ts';
import { startingServices } from '../service-location.ts';

export interface ConfigCheckOptions {
  readonly config: string;
  readonly envFile: string;
  readonly json?: boolean;
}

/**
 * What `zephyr config check` prints: everything that `zephyr start` would reject. With `json`:
 * `{ "ok", "problems": [{ file, line, column, path, found, expected, advice }], "notes": [text] }`.
 *
 * @throws ZephyrError `CONFIG` when a file cannot be read
 */
export function checkConfig(
  options: ConfigCheckOptions,
  environment: Environment,
): { readonly text: string; readonly exitCode: number } {
  try {
    const loaded = loadConfig(
      { configPath: options.config, envFilePath: options.envFile, environment },
      { starting: startingServices(environment) },
    );
    const { config } = loaded;
    const say = translator(config.ui.language);
    const notes = warningsOf(loaded, options.envFile, say);
    const endpoints = counted(config.endpoints.length, 'endpoint');
    const groups = counted(config.groups.length, 'group');
    const summary = `${options.config} has no errors: ${endpoints} in ${groups}.`;
    const text =
      options.json === true
        ? JSON.stringify({ ok: true, problems: [], notes })
        : [summary, ...outboundNotesOf(loaded, say), ...notes.map((note) => `! ${note}`)].join(
            '\n',
          );
    return { text, exitCode: EXIT.ok };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems, message } = error;
    const text =
      options.json === true ? JSON.stringify({ ok: false, problems, notes: [] }) : message;
    return { text, exitCode: EXIT.usage };
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
