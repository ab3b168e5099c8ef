/**
 * Splits an event stream into lines, ended by LF, CR or CRLF. Linear, however the stream is split into
 * pieces, and bounded: a line that is too long is dropped.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class LineBuffer {
  readonly #maxLineCharacters: number;
  #rest = '';
  #isTooLong = false;
  /** The last character was a CR: a following LF belongs to it. */
  #isAfterCr = false;

  constructor(maxLineCharacters: number) {
    this.#maxLineCharacters = maxLineCharacters;
  }

  /** @returns The lines that this piece completes, with their line ends; empty if there are none. */
  take(piece: string): string {
    const text = this.#isAfterCr && piece.startsWith('\n') ? piece.slice(1) : piece;
    if (piece === '') return '';
    this.#isAfterCr = piece.endsWith('\r');
    const whole = endOfLastLine(text);
    if (whole === 0) {
      this.#buffer(text);
      return '';
    }
    const before = this.#rest;
    const from = this.#isTooLong ? endOfFirstLine(text) : 0;
    this.#rest = '';
    this.#isTooLong = false;
    this.#buffer(text.slice(whole));
    return before + text.slice(from, whole);
  }

  /** The incomplete last line. */
  get rest(): string {
    return this.#rest;
  }

  #buffer(text: string): void {
    if (this.#isTooLong) return;
    this.#isTooLong = this.#rest.length + text.length > this.#maxLineCharacters;
    this.#rest = this.#isTooLong ? '' : this.#rest + text;
  }
}

/** Lines without their ends; non-empty text after the last line end is a line too. */
export function* linesOf(text: string): Generator<string> {
  // The next LF and CR are looked up only after the previous one was passed: each character is scanned once.
  let lf = nextOf(text, '\n', 0);
  let cr = nextOf(text, '\r', 0);
  let from = 0;
  while (from < text.length) {
    if (lf < from) lf = nextOf(text, '\n', from);
    if (cr < from) cr = nextOf(text, '\r', from);
    const end = Math.min(lf, cr);
    yield text.slice(from, end);
    from = end === cr && lf === cr + 1 ? end + 2 : end + 1;
  }
}

/** The index of the next one; the text's length if there is none. */
function nextOf(text: string, character: string, from: number): number {
  const at = text.indexOf(character, from);
  return at === -1 ? text.length : at;
}

/** The index after the last line end; 0 if there is none. */
function endOfLastLine(text: string): number {
  // Nearly every piece of a stream ends with its last event.
  if (text.endsWith('\n') || text.endsWith('\r')) return text.length;
  const lf = text.lastIndexOf('\n') + 1;
  return text.indexOf('\r', lf) === -1 ? lf : text.lastIndexOf('\r') + 1;
}

/** The index after the first line end, which must exist. */
function endOfFirstLine(text: string): number {
  const lf = text.indexOf('\n');
  const cr = text.indexOf('\r');
  if (cr === -1 || (lf !== -1 && lf < cr)) return lf + 1;
  return lf === cr + 1 ? cr + 2 : cr + 1;
}
