import { catalogue, type English, type Language, type TextKey } from './catalogue.ts';
import { LOCALES } from './numbers.ts';
import type { PlaceholdersOf } from './texts.ts';

type Values<Names extends string> = Readonly<Record<Names, string | number>>;

/** A text without placeholders takes no values; one with placeholders takes exactly these. */
type Arguments<Key extends TextKey> = [PlaceholdersOf<English[Key]>] extends [never]
  ? []
  : [values: Values<PlaceholdersOf<English[Key]>>];

export type Translate = <Key extends TextKey>(key: Key, ...values: Arguments<Key>) => string;

/** The texts of one language, with their placeholders filled. */
export function translator(language: Language): Translate {
  const plural = new Intl.PluralRules(LOCALES[language]);
  const texts: Readonly<Record<TextKey, string>> = catalogue[language];
  return (key, ...[values]) => fill(texts[key], values ?? {}, plural);
}

/** The language to use for a locale such as `zh-Hans-CN` or `en_GB.UTF-8`. */
export function languageOf(locale: string | undefined): Language {
  return locale?.toLowerCase().startsWith('zh') === true ? 'zh' : 'en';
}

function fill(
  text: string,
  values: Readonly<Record<string, string | number>>,
  plural: Intl.PluralRules,
): string {
  return text.replace(/\{([^}]+)\}/g, (whole, inside: string) => {
    const [name = '', one, many] = inside.split('|');
    const value = values[name];
    if (value === undefined) return whole;
    if (one === undefined || many === undefined) return String(value);
    return plural.select(Number(value)) === 'one' ? one : many;
  });
}
