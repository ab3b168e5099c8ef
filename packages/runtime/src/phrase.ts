/**
 * A sentence with its values separate, so that it can be printed in another language: the English template,
 * with `{1}` and `{2}` for the values, is the key of the translations (`@zephyr/texts`).
 */
export interface Phrase {
  readonly template: string;
  readonly values: readonly (string | Phrase)[];
}

/** `` phrase`--port ${text} is not a port` `` */
export function phrase(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Phrase)[]
): Phrase {
  return {
    template: parts.reduce((text, part, index) => `${text}{${index}}${part}`),
    values: values.map((value) => (typeof value === 'number' ? String(value) : value)),
  };
}

/** @param templateOf the translated template by the English one; itself if there is none */
export function spoken(
  text: string | Phrase,
  templateOf: (english: string) => string = (english) => english,
): string {
  if (typeof text === 'string') return text;
  return templateOf(text.template).replaceAll(/\{(\d+)\}/g, (_, number: string) =>
    spoken(text.values[Number(number) - 1] ?? '', templateOf),
  );
}

/** The templates for a locale such as `zh_CN.UTF-8`, by the English ones. */
export type TemplatesOf = (locale: string | undefined) => (english: string) => string;
