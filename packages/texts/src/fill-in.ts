import { LOCALES } from './numbers-and-durations.ts';
import type { Language } from './screen-catalogue.ts';
import type { PlaceholdersOf, Texts } from './texts.ts';

type EnglishTexts = Readonly<Record<string, string>>;
type Values<Names extends string> = Readonly<Record<Names, string | number>>;

/** A text without placeholders takes no values; one with placeholders takes exactly these. */
type Arguments<Text extends string> = [PlaceholdersOf<Text>] extends [never]
  ? []
  : [values: Values<PlaceholdersOf<Text>>];

/** Returns the text of a key with its placeholders filled in. */
export type FillIn<Catalogue extends EnglishTexts> = <Key extends keyof Catalogue>(
  key: Key,
  ...values: Arguments<Catalogue[Key]>
) => string;

export function translatorOf<Catalogue extends EnglishTexts>(
  catalogues: Readonly<Record<Language, Texts<Catalogue>>>,
  language: Language,
): FillIn<Catalogue> {
  const plural = new Intl.PluralRules(LOCALES[language]);
  // A page opened before an upgrade may receive codes without a text; it then shows the code.
  const texts: Readonly<Record<string, string>> = catalogues[language];
  return (key, ...[values]) => fill(texts[key as string] ?? String(key), values ?? {}, plural);
}

/** The first of a person's languages that we have texts for; undefined if none. */
export function languageOfBrowser(preferred: readonly string[]): Language | undefined {
  const known = preferred.find((locale) => /^(?:en|zh)\b/i.test(locale));
  return known === undefined ? undefined : languageOf(known);
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
