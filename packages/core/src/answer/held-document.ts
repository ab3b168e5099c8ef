/**
 * A list of models or a count of tokens, held until it is whole: a page, an error that is called a success, or a
 * list that stops in its middle can then be replaced by another endpoint's answer. Unlike a message it is small,
 * and was asked for by a program that waits only seconds.
 */
import { failureOfApiError, parseObject, readApiError } from './api-error.ts';
import { HOLD, NOT_CLAUDE, type StartVerdict } from './start.ts';

/** The lists of relays with a thousand models. */
const MAX_HELD_BYTES = 256 * 1024;

const COMMIT: StartVerdict = { kind: 'commit', form: 'unread' };

/** A byte order mark counts as blank. */
const BLANKS = /^[\u00ef\u00bb\u00bf \t\r\n]*/;

/** Texts have one character for each byte (latin1). */
export class HeldDocument {
  #text = '';
  #hasBegun = false;

  push(text: string): StartVerdict {
    this.#text += text;
    if (!this.#hasBegun) {
      const body = text.replace(BLANKS, '');
      if (body !== '' && !body.startsWith('{')) return NOT_CLAUDE;
      this.#hasBegun = body !== '';
    }
    return this.#text.length > MAX_HELD_BYTES ? COMMIT : HOLD;
  }

  /** The verdict when the body has ended. */
  atEnd(): StartVerdict {
    const value = parseObject(this.#text.replace(BLANKS, ''));
    if (value === undefined) return NOT_CLAUDE;
    const error = readApiError(value);
    if (error === undefined) return COMMIT;
    const failure = failureOfApiError(error);
    if (failure === 'client_error') return { kind: 'pass', form: 'document', error };
    return { kind: 'fail', failure, error };
  }
}
