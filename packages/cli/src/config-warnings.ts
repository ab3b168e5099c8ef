/** What is valid in a configuration, but probably not intended. */
import { statSync } from 'node:fs';

import type { LoadedConfig } from '@zephyr/runtime/config/load';
import type { Translate } from '@zephyr/texts';

/** The hosts of config.toml.example, and the names that RFC 2606 reserves for examples. */
const MADE_UP = /(^|\.)(provider-[ab]\.com|example\.(com|net|org)|example|test|invalid)$/;
const OTHERS_MAY_READ = 0o044;

/** One sentence each, with what to do. */
export function warningsOf(
  { config }: LoadedConfig,
  envFilePath: string,
  say: Translate,
): readonly string[] {
  const madeUp = config.endpoints
    .map(({ name, baseUrl }) => ({ name, host: new URL(baseUrl).hostname }))
    .filter(({ host }) => MADE_UP.test(host))
    .map((endpoint) => say('note.example', endpoint));
  return isReadByOthers(envFilePath)
    ? [...madeUp, say('note.envFile', { path: envFilePath })]
    : madeUp;
}

function isReadByOthers(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && (stats.mode & OTHERS_MAY_READ) !== 0;
}
