import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

import { type Clock, systemClock } from '../../clock.ts';
import { type ReadNamedFile, readNamedFile } from '../files/named-file.ts';

/**
 * A file may change twice within one tick of the file system's clock and keep the same times, so times are
 * trusted only once older than the coarsest tick (two seconds, on FAT).
 */
const COARSEST_TIMES_MS = 3_000;

interface WatchedFile {
  readonly digest: string;
  /** Equal attributes prove an unchanged file without reading it; undefined if they do not. */
  readonly attributes: string | undefined;
}

interface Attributes {
  readonly text: string;
  /** By the clock of the file system. */
  readonly changedAtMs: number;
}

export interface FileReading {
  readonly clock: Pick<Clock, 'epochMs'>;
  readonly readFile: (path: string) => Buffer;
}

/**
 * The files that a configuration is made of, by content: `touch` and saves without edits are not changes. A
 * file is read only when its attributes have changed. A named file is watched from its first read, even while
 * the configuration is rejected: that file may be all that is missing.
 */
export class WatchedFiles {
  readonly #always: readonly string[];
  readonly #reading: FileReading;
  #seen = new Map<string, WatchedFile>();
  #named = new Set<string>();

  constructor(always: readonly string[], reading: Partial<FileReading> = {}) {
    this.#always = always;
    this.#reading = {
      clock: reading.clock ?? systemClock,
      readFile: reading.readFile ?? ((path) => readFileSync(path)),
    };
    this.look();
  }

  /** Reads a file that the configuration names, and watches it from now on. */
  readonly read: ReadNamedFile = (path) => {
    // First, so that a change between the two is noticed.
    if (!this.#seen.has(path)) this.#seen.set(path, this.#lookAt(path));
    this.#named.add(path);
    return readNamedFile(path);
  };

  /** Makes the current contents the baseline, and starts a new list of named files. */
  look(): void {
    const paths = new Set([...this.#always, ...this.#seen.keys()]);
    this.#seen = new Map([...paths].map((path) => [path, this.#lookAt(path)]));
    this.#named = new Set(this.#always);
  }

  /** Forgets the files not read since `look`: the configuration no longer names them. */
  keepNamed(): void {
    for (const path of this.#seen.keys()) if (!this.#named.has(path)) this.#seen.delete(path);
  }

  /** Identifies the content that the last `look` found; undefined if the file is not watched. */
  digestOf(path: string): string | undefined {
    return this.#seen.get(path)?.digest;
  }

  hasChanged(): boolean {
    for (const [path, seen] of this.#seen) {
      if (seen.attributes !== undefined && attributesOf(path)?.text === seen.attributes) continue;
      const present = this.#lookAt(path);
      if (present.digest !== seen.digest) return true;
      this.#seen.set(path, present);
    }
    return false;
  }

  #lookAt(path: string): WatchedFile {
    // First: a change between the two shows as new attributes next time.
    const attributes = attributesOf(path);
    const { clock, readFile } = this.#reading;
    try {
      const digest = createHash('sha256').update(readFile(path)).digest('hex');
      const isOld =
        attributes !== undefined && clock.epochMs() - attributes.changedAtMs > COARSEST_TIMES_MS;
      return { digest, attributes: isOld ? attributes.text : undefined };
    } catch {
      return { digest: 'missing', attributes: undefined };
    }
  }
}

/** Undefined if there is no such file. */
function attributesOf(path: string): Attributes | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    const changedAtMs = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
    return { text: [dev, ino, size, mtimeNs, ctimeNs].join(' '), changedAtMs };
  } catch {
    return undefined;
  }
}
