/**
 * An image must contain the packages that its service imports: the checkout has them all, so a missing one
 * shows only here or in a container.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const IMPORT =
  /^(?:import|export)\s(?!type\b)(?:[^;']*?\sfrom\s)?'([^']+)'|\bimport\('([^']+)'\)/gm;

interface Image {
  readonly name: string;
  /** Workspace folders that are copied. */
  readonly folders: readonly string[];
  readonly main: string;
}

function imagesIn(dockerfile: string): readonly Image[] {
  return dockerfile.split(/^FROM /m).flatMap((stage) => {
    const name = /^runtime AS (\w+)/.exec(stage)?.[1];
    const main = /^(?:CMD|ENTRYPOINT) \[.*?"([^"]+\.ts)"/m.exec(stage)?.[1];
    if (name === undefined || main === undefined) return [];
    const copied = /^COPY --from=sources \/source\/((?:packages|services)\S*) /gm;
    const folders = [...stage.matchAll(copied)].map(([, folder = '']) => folder);
    return [{ name, folders, main }];
  });
}

/** Our file that an import resolves to; undefined: another package. */
function resolved(specifier: string, from: string): string | undefined {
  if (specifier.startsWith('.')) return relative(ROOT, join(ROOT, dirname(from), specifier));
  const [, name, rest = ''] = /^@zephyr\/([\w-]+)(.*)$/.exec(specifier) ?? [];
  if (name === undefined) return undefined;
  const folder = `packages/${name}`;
  const { exports } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string>>;
  };
  const target = exports[`.${rest}`] ?? exports['./*']?.replace('*', rest.slice(1));
  return target === undefined ? undefined : join(folder, target);
}

function imported(main: string): ReadonlySet<string> {
  const seen = new Set([main]);
  for (const file of seen) {
    if (!file.endsWith('.ts')) continue;
    for (const [, named, loaded] of readFileSync(join(ROOT, file), 'utf8').matchAll(IMPORT)) {
      const path = resolved(named ?? loaded ?? '', file);
      if (path !== undefined) seen.add(path);
    }
  }
  return seen;
}

const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const images = imagesIn(dockerfile);

describe('the images', () => {
  it('are all checked', () => {
    const names = ['proxy', 'prober', 'controller', 'cli', 'simulator'];
    expect(images.map(({ name }) => name)).toEqual(names);
  });

  it('do not inherit owner-only permissions from the clone', () => {
    const fromClone = dockerfile
      .split(/^(?=FROM )/m)
      .filter((stage) => /^COPY (?!--from=)/m.test(stage));
    expect(fromClone).toHaveLength(1);
    expect(fromClone[0]).toMatch(/AS sources\n.*COPY \. \.\nRUN chmod -R u=rwX,go=rX \.\n/s);
  });

  it.each(images)('$name contains everything it imports', ({ name, folders, main }) => {
    const files = [...imported(main)];
    expect(files.length).toBeGreaterThan(2);
    // `zephyr start` is for a laptop: in containers the services have their own images.
    const held = name === 'cli' ? [...folders, 'services'] : folders;
    const missing = files.filter((file) => !held.some((folder) => file.startsWith(`${folder}/`)));
    expect(missing).toEqual([]);
  });
});
