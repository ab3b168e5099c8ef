/** The language of this run: help, results and errors. */

import { LANGUAGES } from '@zephyr/contract/language';
import { configFilesIn } from '@zephyr/runtime/config/files/config-files';
import { localeOfFile } from '@zephyr/runtime/config/read/locale';
import type { Environment } from '@zephyr/runtime/environment';
import { type Language, languageOf } from '@zephyr/texts';

/**
 * From `--language`, else from the configuration if readable, else from the terminal.
 *
 * @param words the command line
 */
export function languageOfRun(words: readonly string[], environment: Environment): Language {
  // The rest belongs to another program: `zephyr run -- claude --config …`.
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  const given = LANGUAGES.find((each) => each === optionIn('--language', own));
  if (given !== undefined) return given;
  const path = optionIn('--config', own) ?? configFilesIn(environment).config;
  return languageOf(localeOfFile(path, environment));
}

/** Accepts `--name value` and `--name=value`. */
function optionIn(option: string, words: readonly string[]): string | undefined {
  const index = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  const word = words[index];
  if (word === undefined) return undefined;
  return word === option ? words[index + 1] : word.slice(option.length + 1);
}
