/** The body of an upstream request: where its bytes come from, and how its end is marked. */

/** The framing of an upstream request: chosen by us, never left to a library or the method. */
export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' };

/** The destination of a body: an upstream request that accepts no byte beyond its framing. */
export interface BodySink {
  readonly writable: boolean;
  write(chunk: Buffer): boolean;
  end(chunk?: Buffer): void;
  /** Leaves the request unfinished for the other side. */
  destroy(): void;
  on(event: 'drain' | 'close', listener: () => void): void;
}

export interface BodySource {
  pipe(destination: BodySink): void;
}
