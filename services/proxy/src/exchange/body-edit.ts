/** A byte range of a body, and its replacement. */
export interface BodyEdit {
  readonly from: number;
  readonly to: number;
  readonly bytes: Buffer;
}

/** How many bytes it adds to the body. */
export function addedBytes(edit: BodyEdit | undefined): number {
  return edit === undefined ? 0 : edit.bytes.length - (edit.to - edit.from);
}

/** The chunks of a body with an edit applied. */
export function edited(chunks: readonly Buffer[], edit: BodyEdit | undefined): readonly Buffer[] {
  if (edit === undefined) return chunks;
  const { from, to, bytes } = edit;
  const parts: Buffer[] = [];
  let at = 0;
  for (const chunk of chunks) {
    const end = at + chunk.length;
    if (at < from) parts.push(chunk.subarray(0, from - at));
    if (at <= from && from < end) parts.push(bytes);
    if (to < end) parts.push(chunk.subarray(Math.max(0, to - at)));
    at = end;
  }
  return parts;
}
