/**
 * Who may use the proxy. Keys are kept as SHA-256 digests and compared in constant time; a client
 * that guesses is shut out for the rest of a minute. What cannot be decided is refused.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import type { ClientKey } from '@zephyr/runtime/config/config';

export type Admittance =
  | {
      readonly kind: 'admitted';
      /** Whose requests are counted together: a name of the configuration, or an address. */
      readonly client: string;
      /** For metrics, where labels come from closed sets: never an address. */
      readonly label: string;
    }
  | { readonly kind: 'refused'; readonly why: 'unauthorized' | 'too_many_failures' };

/** Where there are no keys. */
export const ANYBODY = 'anybody';
const WINDOW_MS = 60_000;
/** A misconfigured Claude Code asks once, because it is told not to retry. */
const MAX_FAILURES = 20;
/** Bounds the table; when it is full, the oldest address is forgotten. */
const MAX_ADDRESSES = 10_000;

export class Clients {
  readonly #keys: readonly { readonly name: string; readonly digest: Buffer }[];
  readonly #failures = new Map<string, { count: number; readonly sinceMs: number }>();

  constructor(keys: readonly ClientKey[]) {
    this.#keys = keys.map(({ name, sha256 }) => ({ name, digest: Buffer.from(sha256, 'hex') }));
  }

  /** Without any key in the configuration everybody is admitted, under the name of the address. */
  admit(headers: IncomingHttpHeaders, address: string, nowMs: number): Admittance {
    if (this.#keys.length === 0) return { kind: 'admitted', client: address, label: ANYBODY };
    if (this.#isShutOut(address, nowMs)) return { kind: 'refused', why: 'too_many_failures' };
    const name = this.#nameOf(presentedKey(headers));
    if (name !== undefined) return { kind: 'admitted', client: name, label: name };
    this.#noteFailure(address, nowMs);
    return { kind: 'refused', why: 'unauthorized' };
  }

  #nameOf(key: string | undefined): string | undefined {
    if (key === undefined) return undefined;
    const digest = createHash('sha256').update(key).digest();
    let found: string | undefined;
    // All keys are compared, so that the time does not tell which one was near.
    for (const { name, digest: known } of this.#keys) {
      if (timingSafeEqual(digest, known)) found = name;
    }
    return found;
  }

  #isShutOut(address: string, nowMs: number): boolean {
    const failures = this.#failures.get(address);
    return (
      failures !== undefined &&
      failures.count >= MAX_FAILURES &&
      nowMs - failures.sinceMs < WINDOW_MS
    );
  }

  #noteFailure(address: string, nowMs: number): void {
    const failures = this.#failures.get(address);
    if (failures !== undefined && nowMs - failures.sinceMs < WINDOW_MS) {
      failures.count += 1;
      return;
    }
    this.#failures.delete(address);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_ADDRESSES && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(address, { count: 1, sinceMs: nowMs });
  }
}

/** Claude Code sends its token as a bearer, an API key as `x-api-key`, or both. */
function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const apiKey = headers['x-api-key'];
  return typeof apiKey === 'string' && apiKey.length > 0 && apiKey.length <= 512
    ? apiKey
    : undefined;
}
