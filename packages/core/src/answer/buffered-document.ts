/**
 * A list of models or a token count, buffered until it is complete: a page, an error with a success status, or a
 * truncated list can then be replaced by another endpoint's answer. Unlike a message it is small, and its
 * client waits only seconds.
 */
import { KIB } from '@zephyr/contract/units';
import { failureOfApiError, parseObject, readApiError } from './api-error.ts';
import { BUFFER, NOT_CLAUDE, type StartVerdict } from './content-gate.ts';

/** Fits the list of a gateway with a thousand models. */
const MAX_BUFFERED_BYTES = 256 * KIB;

const COMMIT: StartVerdict = { kind: 'commit', form: 'unread' };

/** A byte order mark counts as blank. */
const BLANKS = /^[\u00ef\u00bb\u00bf \t\r\n]*/;

/** Texts have one character per byte (latin1). */
export class BufferedDocument {
  #text = '';
  #hasBegun = false;

  push(text: string): StartVerdict {
    this.#text += text;
    if (!this.#hasBegun) {
      const body = text.replace(BLANKS, '');
      if (body !== '' && !body.startsWith('{')) return NOT_CLAUDE;
      this.#hasBegun = body !== '';
    }
    return this.#text.length > MAX_BUFFERED_BYTES ? COMMIT : BUFFER;
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
