/** Links and anchors of Markdown, as GitHub reads them. Pure. */
import { posix } from 'node:path';

/** The anchor of a heading. */
export function githubSlug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
}

/** The document without its code, which has neither links nor headings. */
function proseOf(text: string): string {
  return text
    .replace(/^(\s*)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\s*\2[ \t]*$/gm, '')
    .replace(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, '');
}

/** Anchors of a document; repeated headings get a number. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  // Headings may contain inline code: only code blocks are removed.
  const blocks = text.replace(/^(\s*)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\s*\2[ \t]*$/gm, '');
  for (const [, heading = ''] of blocks.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = githubSlug(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, ''));
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  for (const [, id = ''] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** The targets of links, images and picture sources. */
export function targetsOf(text: string): readonly string[] {
  const prose = proseOf(text);
  return [
    ...[...prose.matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map(([, to = '']) => to),
    ...[...prose.matchAll(/^\[[^\]]+\]:\s+<?([^\s>]+)/gm)].map(([, to = '']) => to),
    ...[...prose.matchAll(/(?:src|srcset|href)="([^"\s]+)"/g)].map(([, to = '']) => to),
  ];
}

export const isAbsolute = (target: string): boolean => /^[a-z][a-z+.-]*:|^\/\//i.test(target);

export interface Place {
  /** From the root of the repository; the document itself for a bare anchor. */
  readonly path: string;
  readonly anchor: string;
}

/** The target of a relative link in a document. */
export function placeOf(from: string, target: string): Place {
  const [path = '', anchor = ''] = target.split('#');
  const whole = path === '' ? from : posix.normalize(posix.join(posix.dirname(from), path));
  return { path: whole.replace(/\/$/, ''), anchor: decodeURIComponent(anchor) };
}
