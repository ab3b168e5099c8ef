/** What went wrong, in the person's language. */
import { localeOfFile } from '@zephyr/runtime/config/locale';
import type { Environment } from '@zephyr/runtime/environment';
import { explain } from '@zephyr/runtime/errors';
import { LANGUAGES, templatesOf } from '@zephyr/texts';

export function errorText(
  error: unknown,
  words: readonly string[],
  environment: Environment,
): string {
  return explain(error, templatesOf(localeOfRun(words, environment)));
}

/** That of `--language`, else of the configuration as far as it can be read, else of the terminal. */
function localeOfRun(words: readonly string[], environment: Environment): string | undefined {
  const given = LANGUAGES.find((each) => each === optionIn('--language', words));
  if (given !== undefined) return given;
  const path = optionIn('--config', words) ?? environment['ZEPHYR_CONFIG'] ?? 'config.toml';
  return localeOfFile(path, environment);
}

/** As `--name value` and `--name=value`. */
function optionIn(option: string, words: readonly string[]): string | undefined {
  const index = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  const word = words[index];
  if (word === undefined) return undefined;
  return word === option ? words[index + 1] : word.slice(option.length + 1);
}
