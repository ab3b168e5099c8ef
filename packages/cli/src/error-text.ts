/** What went wrong, in the person's language. */
import { parseToml } from '@zephyr/runtime/config/load';
import { readText } from '@zephyr/runtime/config/read-text';
import type { Environment } from '@zephyr/runtime/environment';
import { explain } from '@zephyr/runtime/errors';
import { LANGUAGES, type Language, languageOf, templatesIn } from '@zephyr/texts';

import { localeOf } from './command-help.ts';
import { languageIn } from './commands/document-language.ts';

export function errorText(
  error: unknown,
  words: readonly string[],
  environment: Environment,
): string {
  return explain(error, templatesIn(languageOfRun(words, environment)));
}

/** That of `--language`, else of the configuration as far as it can be read, else of the terminal. */
function languageOfRun(words: readonly string[], environment: Environment): Language {
  const given = LANGUAGES.find((each) => each === optionIn('--language', words));
  if (given !== undefined) return given;
  const path = optionIn('--config', words) ?? environment['ZEPHYR_CONFIG'] ?? 'config.toml';
  try {
    return languageIn(parseToml(path, readText(path, 'must exist')), environment);
  } catch {
    return languageOf(localeOf(environment));
  }
}

/** As `--name value` and `--name=value`. */
function optionIn(option: string, words: readonly string[]): string | undefined {
  const index = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  const word = words[index];
  if (word === undefined) return undefined;
  return word === option ? words[index + 1] : word.slice(option.length + 1);
}
