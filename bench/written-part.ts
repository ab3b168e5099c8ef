import { readFileSync, writeFileSync } from 'node:fs';

/** Replaces the generated part of a document, between its start mark and the next end mark. */
export function writePart(document: URL, by: string, text: string): void {
  const [begin, end] = [`<!-- written by: ${by} -->`, '<!-- end -->'];
  const before = readFileSync(document, 'utf8');
  const [head = '', rest] = before.split(begin);
  if (rest === undefined) throw new Error(`${document.pathname} has no line ${begin}`);
  const tail = rest.split(end).slice(1).join(end);
  writeFileSync(document, `${head}${begin}\n\n${text}\n\n${end}${tail}`);
}
