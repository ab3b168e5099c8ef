/** A catalogue with exactly the keys of the English one. */
export type Texts<English extends Record<string, string>> = Readonly<Record<keyof English, string>>;

/**
 * The names in a text's placeholders: `{name}`, or `{name|one|many}`, which is replaced by the word
 * that fits the number.
 */
export type PlaceholdersOf<Text extends string> =
  Text extends `${string}{${infer Inside}}${infer Rest}`
    ? (Inside extends `${infer Name}|${string}` ? Name : Inside) | PlaceholdersOf<Rest>
    : never;
