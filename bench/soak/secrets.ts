/** Looks for tokens, keys and prompts wherever they must not be. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { MARK } from '../never-worse/endpoint.ts';

interface Secret {
  readonly name: string;
  readonly text: string;
}

export class Secrets {
  /** Contained in each prompt of the soak. */
  static readonly prompt = MARK;
  readonly #all: readonly Secret[];
  readonly #found = new Set<string>();
  #bytes = 0;

  constructor(tokens: readonly string[], keys: ReadonlyMap<string, string>) {
    this.#all = [
      ...tokens.map((text, at) => ({ name: `the token of group ${at + 1}`, text })),
      ...[...keys].map(([person, text]) => ({ name: `the key of ${person}`, text })),
      { name: 'a prompt', text: Secrets.prompt },
    ];
  }

  /** Each place with a secret, once. */
  get found(): readonly string[] {
    return [...this.#found];
  }

  get searchedMib(): number {
    return this.#bytes / 1024 / 1024;
  }

  /** @param allowed texts allowed there */
  search(place: string, text: string, allowed: readonly string[] = []): void {
    this.#bytes += text.length;
    for (const secret of this.#all) {
      if (allowed.includes(secret.text) || !text.includes(secret.text)) continue;
      this.#found.add(`${secret.name} in ${place}`);
    }
  }

  /** Searches what other users can see of a process and its descendants. */
  searchProcesses(label: string, pid: number): void {
    for (const one of [pid, ...descendantsOf(pid)]) {
      const place = `the process of ${label}${one === pid ? '' : ', a child'}`;
      for (const file of ['cmdline', 'environ']) {
        this.search(`${place}: ${file}`, read(`/proc/${one}/${file}`));
      }
    }
  }

  /** @param exceptNames files that hold the secrets */
  searchFolder(folder: string, exceptNames: readonly string[]): void {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || exceptNames.includes(entry.name)) continue;
      this.search(`the file ${entry.name}`, read(join(entry.parentPath, entry.name)));
    }
  }
}

function descendantsOf(pid: number): readonly number[] {
  const children = readdirSafely(`/proc/${pid}/task`).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function readdirSafely(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Empty if it is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
