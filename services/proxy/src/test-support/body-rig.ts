/** The body of a client's request, chunk by chunk, and a destination that records what it gets. */
import { EventEmitter, once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

import { MIB } from '@zephyr/contract/units';

import { BufferedBodies } from '../exchange/buffered-bodies.ts';
import { type BodyHandlers, RequestBody } from '../exchange/request-body.ts';
import type { BodySink } from '../upstream/body-source.ts';

const MUCH = 64 * MIB;
const CALLER = 'ann';

export interface BodyRigOptions {
  /** Content-Length; without one the body is chunked. */
  readonly declaredBytes?: number;
  readonly maxBytes?: number;
  /** A person gets half of it. */
  readonly roomBytes?: number;
}

export interface BodyRig {
  readonly req: IncomingMessage;
  readonly body: RequestBody;
  readonly bufferedBodies: BufferedBodies;
  /** What the body reported, in order. */
  readonly events: readonly string[];
  /** Sends chunks, each of which has reached the body. */
  send(...chunks: readonly string[]): Promise<void>;
  /** Sends what the body does not read yet. */
  sendLater(...chunks: readonly string[]): void;
  /** The client has sent everything, and the body has read it. */
  end(): Promise<void>;
}

/** @param onReady called when attempts may begin */
export function startBody(options: BodyRigOptions = {}, onReady?: BodyHandlers['ready']): BodyRig {
  const { declaredBytes, maxBytes = MUCH, roomBytes = MUCH } = options;
  const req = new IncomingMessage(new Socket());
  if (declaredBytes !== undefined) req.headers = { 'content-length': String(declaredBytes) };
  const bufferedBodies = new BufferedBodies(roomBytes);
  const events: string[] = [];
  const body = new RequestBody(
    req,
    { maxBytes, bufferedBodies, caller: CALLER },
    {
      ready: () => {
        events.push('ready');
        onReady?.();
      },
      rejected: (why) => events.push(why),
    },
  );
  body.read();
  return {
    ...{ req, body, bufferedBodies, events },
    send: async (...chunks) => {
      for (const chunk of chunks) {
        const arrived = once(req, 'data');
        req.push(Buffer.from(chunk));
        await arrived;
      }
    },
    sendLater: (...chunks) => {
      for (const chunk of chunks) req.push(Buffer.from(chunk));
    },
    end: async () => {
      const ended = once(req, 'end');
      req.push(null);
      await ended;
    },
  };
}

/** An upstream request that takes whatever it is given. */
export class RecordingSink extends EventEmitter implements BodySink {
  /** `write abc`, `end`, `end abc`, `destroy`. */
  readonly calls: string[] = [];
  writable = true;
  /** Whether it wants no more for now. */
  isFull = false;

  write(chunk: Buffer): boolean {
    this.calls.push(`write ${chunk}`);
    return !this.isFull;
  }

  end(chunk?: Buffer): void {
    this.calls.push(chunk === undefined ? 'end' : `end ${chunk}`);
  }

  destroy(): void {
    this.calls.push('destroy');
  }
}
