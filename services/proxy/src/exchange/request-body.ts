/**
 * A request's body as a list of the received chunks: never joined, parsed or hashed, because that would cost
 * more than the rest of the proxy.
 *
 *     reading --(it ended)-->                     buffered  (can be sent any number of times)
 *     reading --(no room to buffer more)-->       paused    (nothing more is read)
 *     paused --(an endpoint took the connection)--> streaming (is sent while it arrives)
 *     reading | paused | streaming --(larger than allowed, or ambiguous)--> rejected
 *     reading | buffered | paused --(nothing is sent again)--> released
 */
import type { IncomingMessage } from 'node:http';

import { KIB } from '@zephyr/contract/units';

import {
  QUICK_END_BYTES,
  QUICK_START_BYTES,
  quickFacts,
  type RequestFacts,
  RequestScan,
  type TextRange,
} from '@zephyr/core';

import type { BodySink, BodySource, Framing } from '../upstream/body-source.ts';
import { addedBytes, type BodyEdit, edited } from './body-edit.ts';
import type { BufferedBodies } from './buffered-bodies.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  readonly bufferedBodies: BufferedBodies;
  /** Whose share of `bufferedBodies` it uses. */
  readonly caller: string;
}

export interface BodyHandlers {
  /** The body, or enough of it, has arrived: attempts may begin. Called once. */
  ready(): void;
  /** The body is rejected, though a part of it may have been sent. */
  rejected(why: BodyRejection): void;
}

export type BodyRejection = 'too_large' | 'repeated_model';

type BodyState =
  | { readonly status: 'reading' | 'buffered' | 'rejected' | 'released' }
  /** Holds the chunk that could not be buffered. Continues when an endpoint takes it and is connected. */
  | {
      readonly status: 'paused';
      readonly overflow: Buffer;
      readonly hasEnded: boolean;
      readonly taker: Taker;
    }
  | { readonly status: 'streaming'; readonly destination: BodySink };

/** `connected` comes first on a reused connection, before the library requests the body. */
type Taker =
  | { readonly status: 'none' | 'connected' }
  | { readonly status: 'connecting'; readonly destination: BodySink };

/**
 * Larger bodies are scanned while they arrive, so that no request blocks the others while 32 MiB are scanned.
 * Smaller ones are scanned on demand, and mostly not at all.
 */
const SCAN_AT_ONCE_BYTES = 256 * KIB;

export class RequestBody {
  readonly #req: IncomingMessage;
  readonly #limits: BodyLimits;
  readonly #handlers: BodyHandlers;
  readonly #chunks: Buffer[] = [];
  #state: BodyState = { status: 'reading' };
  #bufferedBytes = 0;
  #seenBytes = 0;
  #quickFacts: RequestFacts | undefined;
  #scan: RequestScan | undefined;
  #isRepeatRejected = false;

  constructor(req: IncomingMessage, limits: BodyLimits, handlers: BodyHandlers) {
    this.#req = req;
    this.#limits = limits;
    this.#handlers = handlers;
  }

  read(): void {
    const declaredBytes = Number(this.#req.headers['content-length'] ?? 0);
    if (declaredBytes > this.#limits.maxBytes) {
      this.#reject('too_large');
      return;
    }
    this.#req.on('data', (chunk: Buffer) => {
      this.#onData(chunk);
      // Node emits `end` one turn later.
      if (this.#seenBytes === declaredBytes) this.#onEnd();
    });
    this.#req.on('end', () => this.#onEnd());
  }

  /** Whether the whole body can be sent again. */
  get isBuffered(): boolean {
    return this.#state.status === 'buffered';
  }

  get bytes(): number {
    return this.#seenBytes;
  }

  /** Chunked while the length is unknown. */
  framing(edit?: BodyEdit): Framing {
    const added = addedBytes(edit);
    if (this.isBuffered) return { kind: 'length', bytes: this.#seenBytes + added };
    const declared = this.#req.headers['content-length'];
    return declared === undefined
      ? { kind: 'chunked' }
      : { kind: 'length', bytes: Number(declared) + added };
  }

  /**
   * The body's top-level keys; cheap, and called before content reaches the client. If a body repeats `model`
   * this may be the first one: see `exactModel` and `isModelRepeated`.
   */
  facts(): RequestFacts {
    if (this.#scan !== undefined) return this.#scanned();
    this.#quickFacts ??= quickFacts(this.#start(), this.#end());
    return this.#quickFacts ?? this.#scanned();
  }

  /**
   * The model as an endpoint reads it, from a scan of all received data: used to blame a model. Empty if
   * unknown.
   */
  exactModel(): string {
    return this.#scanned().model;
  }

  /** Whether it names more than one model, which servers interpret differently. */
  get isModelRepeated(): boolean {
    this.#beginScan();
    return this.#scan?.isModelRepeated === true;
  }

  /** Rejects the body from here on if it repeats the model. */
  rejectRepeatedModel(): void {
    this.#isRepeatRejected = true;
  }

  /** Byte range of the model in the body; undefined if that part is not buffered. */
  modelRange(): TextRange | undefined {
    this.#beginScan();
    return this.#scan?.modelRange();
  }

  /** For one attempt: all buffered chunks, then the rest as it arrives. @param edit of the buffered part */
  source(edit?: BodyEdit): BodySource {
    return {
      pipe: (destination) => {
        const state = this.#state;
        if (state.status !== 'paused') {
          writeAll(edited(this.#chunks, edit), destination);
          return;
        }
        const chunks = [...this.#chunks, state.overflow];
        for (const chunk of edited(chunks, edit)) destination.write(chunk);
        if (state.taker.status === 'connected') this.#continueTo(destination, state.hasEnded);
        else this.#state = { ...state, taker: { status: 'connecting', destination } };
      },
    };
  }

  /** The endpoint has accepted the connection: a paused body continues, and its buffered part is released. */
  connected(): void {
    const state = this.#state;
    if (state.status !== 'paused') return;
    const { taker, hasEnded } = state;
    if (taker.status === 'connecting') this.#continueTo(taker.destination, hasEnded);
    else this.#state = { ...state, taker: { status: 'connected' } };
  }

  /** From here on nothing can be sent again. */
  release(): void {
    this.#forget();
    if (this.#state.status !== 'streaming') this.#state = { status: 'released' };
  }

  #continueTo(destination: BodySink, hasEnded: boolean): void {
    this.#forget();
    this.#state = { status: 'streaming', destination };
    destination.on('drain', () => this.#req.resume());
    // The endpoint answered early and is gone: data that the client still sends is read and dropped.
    destination.on('close', () => this.#req.resume());
    if (hasEnded) destination.end();
    else this.#req.resume();
  }

  #onData(chunk: Buffer): void {
    const { status } = this.#state;
    if (status === 'rejected' || status === 'released') return;
    this.#seenBytes += chunk.length;
    if (this.#seenBytes > this.#limits.maxBytes) {
      this.#reject('too_large');
      return;
    }
    if (this.#seenBytes > SCAN_AT_ONCE_BYTES) this.#beginScan();
    this.#scan?.push(chunk.toString('latin1'));
    if (this.#isRepeatRejected && this.#scan?.isModelRepeated === true) {
      this.#reject('repeated_model');
      return;
    }
    if (this.#state.status === 'streaming') {
      forward(chunk, this.#state.destination, this.#req);
      return;
    }
    // It was resumed only to be dropped: no endpoint has taken it.
    if (status === 'paused') return;
    if (this.#limits.bufferedBodies.tryBuffer(this.#limits.caller, chunk.length)) {
      this.#chunks.push(chunk);
      this.#bufferedBytes += chunk.length;
      return;
    }
    this.#state = { status: 'paused', overflow: chunk, hasEnded: false, taker: { status: 'none' } };
    this.#req.pause();
    this.#handlers.ready();
  }

  #onEnd(): void {
    const state = this.#state;
    switch (state.status) {
      case 'reading':
        this.#state = { status: 'buffered' };
        this.#handlers.ready();
        break;
      case 'paused':
        this.#state = { ...state, hasEnded: true };
        break;
      case 'streaming':
        state.destination.end();
        break;
      case 'buffered':
      case 'rejected':
      case 'released':
        break;
      default:
        state satisfies never;
    }
  }

  #reject(why: BodyRejection): void {
    const destination = destinationOf(this.#state);
    this.#state = { status: 'rejected' };
    this.#forget();
    // The endpoint must see an incomplete request, not a shorter one that looks whole.
    destination?.destroy();
    this.#handlers.rejected(why);
  }

  #forget(): void {
    this.#limits.bufferedBodies.release(this.#limits.caller, this.#bufferedBytes);
    this.#bufferedBytes = 0;
    this.#chunks.length = 0;
  }

  #scanned(): RequestFacts {
    this.#beginScan();
    return this.#scan?.facts() ?? { isStream: undefined, model: '' };
  }

  /** Scans the buffered data; a body whose start is sent and released cannot be scanned. */
  #beginScan(): void {
    const state = this.#state;
    if (this.#scan !== undefined || state.status === 'streaming') return;
    this.#scan = new RequestScan();
    const overflow = state.status === 'paused' ? [state.overflow] : [];
    for (const chunk of [...this.#chunks, ...overflow]) this.#scan.push(chunk.toString('latin1'));
  }

  #start(): string {
    return this.#chunks[0]?.toString('latin1', 0, QUICK_START_BYTES) ?? '';
  }

  #end(): string {
    if (!this.isBuffered) return '';
    const last = endOf(this.#chunks.at(-1));
    return last.length === QUICK_END_BYTES ? last : endOf(this.#chunks.at(-2)) + last;
  }
}

function destinationOf(state: BodyState): BodySink | undefined {
  if (state.status === 'streaming') return state.destination;
  return state.status === 'paused' && state.taker.status === 'connecting'
    ? state.taker.destination
    : undefined;
}

function forward(chunk: Buffer, destination: BodySink, req: IncomingMessage): void {
  if (!destination.writable) return;
  if (!destination.write(chunk)) req.pause();
}

function endOf(chunk: Buffer | undefined): string {
  if (chunk === undefined) return '';
  return chunk.toString('latin1', Math.max(0, chunk.length - QUICK_END_BYTES));
}

/** Writes the last chunk together with the end, so that a one-chunk body is one write. */
function writeAll(chunks: readonly Buffer[], destination: BodySink): void {
  const last = chunks.at(-1);
  for (const chunk of chunks) if (chunk !== last) destination.write(chunk);
  destination.end(last);
}
