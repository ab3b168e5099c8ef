import type { EndpointId } from '@zephyr/contract/scalars';

/** Names that are remembered: clients may write any, so old ones make room for new ones. */
export const MAX_KNOWN = 1_024;

/**
 * A value for each endpoint and name, where a client may have chosen the name: bounded, and the
 * entry that was set first is dropped first.
 */
export class KnownByEndpoint<Value> {
  readonly #limit: number;
  readonly #values = new Map<string, Value>();
  /** Nearly every request asks for what the one before asked for, several times. */
  #lastId: EndpointId | undefined;
  #lastName = '';
  #lastKey = '';

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(id: EndpointId, name: string): Value | undefined {
    // Nearly always nothing is known, and a key need not be made.
    return this.#values.size === 0 ? undefined : this.#values.get(this.#keyOf(id, name));
  }

  set(id: EndpointId, name: string, value: Value): void {
    this.#values.set(this.#keyOf(id, name), value);
    this.#makeRoom();
  }

  /** Sets what follows from the value so far. */
  update(id: EndpointId, name: string, next: (value: Value | undefined) => Value): void {
    const key = this.#keyOf(id, name);
    this.#values.set(key, next(this.#values.get(key)));
    this.#makeRoom();
  }

  delete(id: EndpointId, name: string): void {
    if (this.#values.size > 0) this.#values.delete(this.#keyOf(id, name));
  }

  #makeRoom(): void {
    if (this.#values.size <= this.#limit) return;
    const [oldest] = this.#values.keys();
    if (oldest !== undefined) this.#values.delete(oldest);
  }

  /** A key that was looked up before is found without reading it. */
  #keyOf(id: EndpointId, name: string): string {
    if (id !== this.#lastId || name !== this.#lastName) {
      this.#lastId = id;
      this.#lastName = name;
      this.#lastKey = keyOf(id, name);
    }
    return this.#lastKey;
  }

  forget(id: EndpointId): void {
    for (const key of this.#values.keys()) {
      if (key.startsWith(keyOf(id, ''))) this.#values.delete(key);
    }
  }
}

/** An id has no blank. */
function keyOf(id: EndpointId, name: string): string {
  return `${id} ${name}`;
}
