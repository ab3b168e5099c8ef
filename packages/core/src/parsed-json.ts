/** The value of a text that may be no JSON; undefined if it is none, which no JSON text means. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
