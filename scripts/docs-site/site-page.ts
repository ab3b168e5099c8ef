/** A document of the repository as a page of the site. Pure. */
import { posix } from 'node:path';

import { isAbsolute, placeOf } from './markdown.ts';
import { siteFileOf } from './pages.ts';

export interface SiteSurroundings {
  /** The documents that are pages, from the root of the repository. */
  readonly pages: ReadonlySet<string>;
  /** Base URL of the other files of the repository; undefined if there is none. */
  readonly sourceUrl: string | undefined;
}

/**
 * Links point to pages or images of the site, or to the sources; without a source URL, only the file name
 * remains.
 */
export function sitePageOf(text: string, path: string, surroundings: SiteSurroundings): string {
  const rewrite = (target: string) => siteTarget(target, path, surroundings);
  return outsideCode(text, (prose) =>
    prose
      .replace(/\[([^[\]]*)\]\(([^\s)]+)\)/g, (link, words, to) =>
        rewrite(to) === undefined ? `${words} (\`${placeOf(path, to).path}\`)` : link,
      )
      .replace(/(\]\()([^\s)]+)(\))/g, (_, before, to, after) => before + rewrite(to) + after)
      .replace(/((?:src|srcset|href)=")([^"\s]+)/g, (_, before, to) => before + rewrite(to)),
  );
}

function siteTarget(
  target: string,
  from: string,
  { pages, sourceUrl }: SiteSurroundings,
): string | undefined {
  if (isAbsolute(target) || target.startsWith('#')) return target;
  const { path, anchor } = placeOf(from, target);
  const end = anchor === '' ? '' : `#${anchor}`;
  if (/\.(?:png|jpe?g|svg|webp)$/.test(path)) return `/${path}`;
  if (!pages.has(path)) return sourceUrl && `${sourceUrl}/${path}${end}`;
  const to = posix.relative(posix.dirname(siteFileOf(from)), siteFileOf(path));
  return `${to.startsWith('.') ? to : `./${to}`}${end}`;
}

/** Changes text outside code blocks. */
function outsideCode(text: string, change: (prose: string) => string): string {
  return text
    .split(/(^(?: *)(?:`{3,}|~{3,})[^\n]*\n[\s\S]*?^ *(?:`{3,}|~{3,})[ \t]*$)/m)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join('');
}
