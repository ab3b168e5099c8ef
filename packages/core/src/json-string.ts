/** Text of JSON strings. */

export const BACKSLASH = 0x5c;
const IS_PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;
const IS_LATIN1 = /^[\x20-\xff]*$/;

/** Resolves the escapes in a string's raw text; empty if one is invalid. */
export function unescaped(raw: string): string {
  if (IS_PLAIN.test(raw)) return raw;
  try {
    return String(JSON.parse(`"${fromBytes(raw)}"`));
  } catch {
    return '';
  }
}

/** Wanted names are plain, so a name without escapes can be compared undecoded. */
export function decodedName(raw: string): string {
  return raw.includes('\\') ? unescaped(raw) : raw;
}

/**
 * The quote that ends a string, in the simple case that it is in this text with no backslash before it;
 * otherwise -1.
 */
export function plainEnd(text: string, from: number): number {
  const end = text.indexOf('"', from);
  return end > from && text.charCodeAt(end - 1) === BACKSLASH ? -1 : end;
}

/** Decodes one character per byte as UTF-8; returns text that is already decoded as it is. */
function fromBytes(text: string): string {
  if (!IS_LATIN1.test(text)) return text;
  // A byte order mark in a string is part of it.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return decoder.decode(Uint8Array.from(text, (byte) => byte.charCodeAt(0)));
}
