/** The text of a JSON string. */

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

/** Decodes one character per byte as UTF-8; leaves text that is decoded already. */
function fromBytes(text: string): string {
  if (!IS_LATIN1.test(text)) return text;
  return new TextDecoder().decode(Uint8Array.from(text, (byte) => byte.charCodeAt(0)));
}
