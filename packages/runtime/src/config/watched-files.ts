import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { type ReadNamedFile, readNamedFile } from './named-file.ts';

/**
 * The files that a configuration is made of, by content: `touch` and a save without a change are no
 * change. A file that the configuration names is watched from its first reading on, also while the
 * configuration is rejected: that file may be all that is missing.
 */
export class WatchedFiles {
  readonly #always: readonly string[];
  /** Digest by path. */
  #seen = new Map<string, string>();
  #named = new Set<string>();

  constructor(always: readonly string[]) {
    this.#always = always;
    this.look();
  }

  /** Reads a file that the configuration names, and watches it from now on. */
  readonly read: ReadNamedFile = (path) => {
    // First: what changes between the two is seen as a change.
    if (!this.#seen.has(path)) this.#seen.set(path, digestOf(path));
    this.#named.add(path);
    return readNamedFile(path);
  };

  /** Takes the present content as the one to compare with, and starts a new list of named files. */
  look(): void {
    const paths = new Set([...this.#always, ...this.#seen.keys()]);
    this.#seen = new Map([...paths].map((path) => [path, digestOf(path)]));
    this.#named = new Set(this.#always);
  }

  /** Forgets the files not read since `look`: the configuration no longer names them. */
  keepNamed(): void {
    for (const path of this.#seen.keys()) if (!this.#named.has(path)) this.#seen.delete(path);
  }

  haveChanged(): boolean {
    return [...this.#seen].some(([path, digest]) => digestOf(path) !== digest);
  }
}

function digestOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return 'missing';
  }
}
