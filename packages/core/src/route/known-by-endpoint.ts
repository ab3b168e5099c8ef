import type { EndpointId } from '@zephyr/contract/scalars';

/** How many names are remembered: clients choose them, so the oldest are evicted. */
export const MAX_KNOWN = 1_024;

/**
 * A value per endpoint and name, where the name may be chosen by a client: bounded, and the entry
 * set first is dropped first.
 */
export class KnownByEndpoint<Value> {
  readonly #limit: number;
  readonly #values = new Map<string, Value>();
  /** Nearly every request looks up the same as the one before, several times. */
  #lastId: EndpointId | undefined;
  #lastName = '';
  #lastKey = '';

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(id: EndpointId, name: string): Value | undefined {
    // The map is nearly always empty: do not build a key.
    return this.#values.size === 0 ? undefined : this.#values.get(this.#keyOf(id, name));
  }

  set(id: EndpointId, name: string, value: Value): void {
    this.#values.set(this.#keyOf(id, name), value);
    this.#makeRoom();
  }

  /** Sets the value computed from the previous one. */
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

  /** Reuses the last key, whose hash is already computed. */
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

/** Ids contain no spaces. */
function keyOf(id: EndpointId, name: string): string {
  return `${id} ${name}`;
}
