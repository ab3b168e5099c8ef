import { inspect } from 'node:util';

/**
 * A value that must not be shown. Printing, logging or serialising it gives `[secret]`; only `reveal()`,
 * which is easy to search for, returns the value.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
