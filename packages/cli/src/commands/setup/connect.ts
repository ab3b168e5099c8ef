/** `zephyr connect`: the settings that send Claude Code through a running Zephyr. */
import { configFilesIn } from '@zephyr/runtime/config/files/config-files';
import type { Environment } from '@zephyr/runtime/environment';
import type { Translate } from '@zephyr/texts';

import {
  AUTH_TOKEN,
  claudeSettingsPath,
  connectSettings,
  settingsLines,
  undoSettings,
} from '../../claude-code/claude-settings.ts';
import { findProxy } from '../../claude-code/find-proxy.ts';
import { type ShellName, shellLines } from '../../claude-code/shell-lines.ts';
import { usableToken } from '../../claude-code/token.ts';

export interface ConnectOptions {
  readonly config: string;
  /** The proxy's, instead of the configured one. */
  readonly url?: string;
  readonly shell: ShellName;
  readonly claudeSettings?: boolean;
  /** Changes nothing, even with `claudeSettings`. */
  readonly print?: boolean;
  readonly undo?: boolean;
}

/** A placeholder for a key that only the person has. */
const YOUR_KEY = '<your key>';

/**
 * @returns the text to print: lines for a shell, or what was done to Claude Code's settings
 * @throws ZephyrError `USAGE` if no proxy is reached or a key is missing; nothing is changed then
 */
export async function connect(
  options: ConnectOptions,
  environment: Environment,
  say: Translate,
): Promise<string> {
  const settings = claudeSettingsPath(environment);
  if (options.undo === true) {
    return undoSettings(settings)
      ? say('connect.undone', { path: settings })
      : say('connect.nothingToUndo', { path: settings });
  }
  const key = environment[AUTH_TOKEN] || undefined;
  const envFilePath = configFilesIn(environment).envFile;
  const files = { configPath: options.config, envFilePath };
  const proxy = await findProxy({ url: options.url, ...files, key, environment });
  if (options.claudeSettings !== true || options.print === true) {
    const connection = { baseUrl: proxy.url, authToken: tokenOf(proxy.access, key) };
    if (options.print === true) return settingsLines(connection, environment);
    return shellLines(options.shell, connection, environment).join('\n');
  }
  const authToken = usableToken(proxy, key, 'zephyr connect --claude-settings');
  connectSettings(settings, { baseUrl: proxy.url, authToken }, environment);
  return [say('connect.done', { path: settings, url: proxy.url }), say('connect.howToUndo')].join(
    '\n',
  );
}

function tokenOf(access: string, key: string | undefined): string {
  // Without any token Claude Code asks for a login; the proxy replaces this one.
  if (access === 'open') return 'anything';
  return access === 'accepted' && key !== undefined ? key : YOUR_KEY;
}
