/** The text of a JSON string. */

export const BACKSLASH = 0x5c;
const IS_PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;
const IS_LATIN1 = /^[\x20-\xff]*$/;

/** Resolves the escapes of a string's raw text; empty where one is invalid. */
export function unescaped(raw: string): string {
  if (IS_PLAIN.test(raw)) return raw;
  try {
    return String(JSON.parse(`"${fromBytes(raw)}"`));
  } catch {
    return '';
  }
}

/** Wanted names are plain: one that has no escape need not be decoded to differ from them. */
export function nameOf(raw: string): string {
  return raw.includes('\\') ? unescaped(raw) : raw;
}

/**
 * The quote that ends a string, where that is seen at a glance: it is here, and there is no backslash
 * before it. Otherwise -1.
 */
export function plainEnd(text: string, from: number): number {
  const end = text.indexOf('"', from);
  return end > from && text.charCodeAt(end - 1) === BACKSLASH ? -1 : end;
}

/** Decodes one character per byte as UTF-8; leaves text that is decoded already. */
function fromBytes(text: string): string {
  if (!IS_LATIN1.test(text)) return text;
  return new TextDecoder().decode(Uint8Array.from(text, (byte) => byte.charCodeAt(0)));
}
