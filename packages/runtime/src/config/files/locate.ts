/**
 * Finds a key in the text of a TOML document, for error messages: the parser that reads the configuration has
 * no positions, this one does.
 */
import { type AST, parseTOML } from 'toml-eslint-parser';

import type { KeyPath } from '../config-error.ts';

export interface Position {
  readonly line?: number;
  readonly column?: number;
}

interface Range {
  readonly path: KeyPath;
  readonly line: number;
  readonly column: number;
}

/**
 * The position of a key; if missing, that of the nearest enclosing table. The text is parsed on first use,
 * because most documents have no problem, and this takes longer than everything else.
 */
export function locate(text: string): (path: KeyPath) => Position {
  let positions: ReadonlyMap<string, Position> | undefined;
  return (path) => {
    positions ??= readPositions(text);
    for (let length = path.length; length > 0; length -= 1) {
      const found = positions.get(JSON.stringify(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return {};
  };
}

/** The first position of each path. */
function readPositions(text: string): ReadonlyMap<string, Position> {
  const positions = new Map<string, Position>();
  for (const { path, line, column } of readRanges(text)) {
    const key = JSON.stringify(path);
    if (!positions.has(key)) positions.set(key, { line, column });
  }
  return positions;
}

function readRanges(text: string): readonly Range[] {
  try {
    return parseTOML(text, { tomlVersion: 'next' }).body[0].body.flatMap((node) =>
      node.type === 'TOMLTable'
        ? [rangeOf(node.resolvedKey, node), ...node.body.flatMap(keyValueRanges(node.resolvedKey))]
        : keyValueRanges([])(node),
    );
  } catch {
    // Only the other parser accepts this document: problems are reported without a line.
    return [];
  }
}

function keyValueRanges(table: KeyPath): (node: AST.TOMLKeyValue) => Range[] {
  return (node) => {
    const keys = node.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
    const path = [...table, ...keys];
    return [rangeOf(path, node), ...contentRanges(path, node.value)];
  };
}

function contentRanges(path: KeyPath, node: AST.TOMLContentNode): Range[] {
  if (node.type === 'TOMLInlineTable') return node.body.flatMap(keyValueRanges(path));
  if (node.type !== 'TOMLArray') return [];
  return node.elements.flatMap((element, index) => [
    rangeOf([...path, index], element),
    ...contentRanges([...path, index], element),
  ]);
}

function rangeOf(path: KeyPath, node: AST.TOMLNode): Range {
  return { path, line: node.loc.start.line, column: node.loc.start.column + 1 };
}
