/**
 * Changes one entry of a list in the text of a TOML document and leaves every other byte as it is: comments,
 * order, line ends. Pure. A change is made at the places that the parser names, then read again: a result
 * that does not mean exactly what was requested is refused.
 */
import { isDeepStrictEqual } from 'node:util';

import { parse, type TomlTable, type TomlValue } from 'smol-toml';
import { type AST, parseTOML } from 'toml-eslint-parser';

import type { KeyPath } from '../config-error.ts';

/** Undefined if the document cannot be changed safely. */
export type EditedText = string | undefined;

/** Strings and numbers by key, in the order to write them. */
export type NewEntry = Readonly<Record<string, string | readonly string[] | boolean>>;

/** @param path the list, such as `['groups', 0, 'endpoints']` */
export function addEntry(text: string, path: KeyPath, entry: NewEntry): EditedText {
  const document = opened(text);
  const list = listAt(parse(document.text), path) ?? [];
  const array = document.arrayAt(path);
  const edited =
    array === undefined ? addTable(document, path, entry) : addElement(document, array, entry);
  return checked(document, edited, path, [...list, plain(entry)]);
}

/** Removing the only entry leaves an empty list; the caller must refuse that. */
export function removeEntry(text: string, path: KeyPath, index: number): EditedText {
  const document = opened(text);
  const list = listAt(parse(document.text), path) ?? [];
  const array = document.arrayAt(path);
  const edited =
    array === undefined
      ? removeTables(document, [...path, index])
      : removeElement(document.text, array, index);
  const rest = list.filter((_, place) => place !== index);
  // A list of blocks without its last block is absent; an array is empty.
  const isGone = rest.length === 0 && array === undefined;
  return checked(document, edited, path, isGone ? undefined : rest);
}

/** Changes one string of an entry, such as a hash. */
export function replaceText(text: string, path: KeyPath, value: string): EditedText {
  const document = opened(text);
  const node = document.valueAt(path);
  if (node === undefined) return undefined;
  const [from, to] = node.range;
  const { text: before } = document;
  const edited = `${before.slice(0, from)}${JSON.stringify(value)}${before.slice(to)}`;
  return checked(document, edited, path, value);
}

/** Sets a key of an existing entry: in place, or as its last key. */
export function setKey(text: string, path: KeyPath, key: string, value: string): EditedText {
  const document = opened(text);
  if (document.valueAt([...path, key]) !== undefined) {
    return replaceText(text, [...path, key], value);
  }
  const written = `${key} = ${tomlValue(value)}`;
  const edited = keyAdded(document, path, written);
  return edited === undefined ? undefined : checked(document, edited, [...path, key], value);
}

interface OpenedDocument {
  readonly text: string;
  readonly mark: string;
  readonly eol: string;
  readonly tables: readonly AST.TOMLTable[];
  arrayAt(path: KeyPath): AST.TOMLArray | undefined;
  valueAt(path: KeyPath): AST.TOMLContentNode | undefined;
}

const BYTE_ORDER_MARK = '\uFEFF';

function opened(given: string): OpenedDocument {
  const mark = given.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : '';
  const text = given.slice(mark.length);
  const { body } = parseTOML(text, { tomlVersion: 'next' }).body[0];
  const values = new Map<string, AST.TOMLContentNode>();
  for (const node of body) noteValues(node, [], values);
  const valueAt = (path: KeyPath) => values.get(JSON.stringify(path));
  return {
    ...{ text, mark, eol: text.includes('\r\n') ? '\r\n' : '\n', valueAt },
    tables: body.filter((node) => node.type === 'TOMLTable'),
    arrayAt: (path) => {
      const node = valueAt(path);
      return node?.type === 'TOMLArray' ? node : undefined;
    },
  };
}

function noteValues(
  node: AST.TOMLTable | AST.TOMLKeyValue,
  base: KeyPath,
  values: Map<string, AST.TOMLContentNode>,
): void {
  if (node.type === 'TOMLTable') {
    for (const each of node.body) noteValues(each, node.resolvedKey, values);
    return;
  }
  const keys = node.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
  noteContent(node.value, [...base, ...keys], values);
}

function noteContent(
  node: AST.TOMLContentNode,
  path: KeyPath,
  values: Map<string, AST.TOMLContentNode>,
): void {
  values.set(JSON.stringify(path), node);
  if (node.type === 'TOMLInlineTable') for (const each of node.body) noteValues(each, path, values);
  if (node.type !== 'TOMLArray') return;
  for (const [index, each] of node.elements.entries()) noteContent(each, [...path, index], values);
}

function addElement({ text, eol }: OpenedDocument, array: AST.TOMLArray, entry: NewEntry): string {
  const written = inlineTable(entry);
  const last = array.elements.at(-1);
  if (last === undefined) {
    const at = array.range[0] + 1;
    return `${text.slice(0, at)}${written}${text.slice(at)}`;
  }
  const end = last.range[1];
  const comma = /^\s*,/.exec(text.slice(end, array.range[1]))?.[0].length;
  const indent = /(?:^|\n)([ \t]*)$/.exec(text.slice(0, last.range[0]))?.[1];
  if (indent === undefined) {
    // On the same line as the text before it.
    const at = end + (comma ?? 0);
    return `${text.slice(0, at)}${comma === undefined ? ',' : ''} ${written}${text.slice(at)}`;
  }
  const afterComma = end + (comma ?? 0);
  // A comment belongs to the entry before it.
  const lineEnd = text.indexOf('\n', afterComma);
  const isLastLine = lineEnd === -1 || lineEnd > array.range[1];
  const at = isLastLine ? afterComma : lineEnd - (text[lineEnd - 1] === '\r' ? 1 : 0);
  const between = `${comma === undefined ? ',' : ''}${text.slice(afterComma, at)}`;
  return `${text.slice(0, afterComma)}${between}${eol}${indent}${written},${text.slice(at)}`;
}

/** `[[groups.endpoints]]` after the last table of its group, `[[clients]]` at the end. */
function addTable({ text, eol, tables }: OpenedDocument, path: KeyPath, entry: NewEntry): string {
  const owner = path.slice(0, -1);
  const ofOwner = tables.filter(({ resolvedKey }) => hasPrefix(resolvedKey, owner));
  const end =
    owner.length === 0 ? text.length : lineEndAfter(text, ofOwner.at(-1)?.range[1] ?? text.length);
  const name = path.filter((key) => typeof key === 'string').join('.');
  const lines = Object.entries(entry).map(([key, value]) => `${key} = ${tomlValue(value)}`);
  const block = [`[[${name}]]`, ...lines].join(eol);
  const before = text.slice(0, end).replace(/(\r?\n)*$/, '');
  const after = text.slice(end).replace(/^(\r?\n)*/, '');
  const gap = before === '' ? '' : `${eol}${eol}`;
  return `${before}${gap}${block}${eol}${after === '' ? '' : `${eol}${after}`}`;
}

/** Below the last key of a table, or after the last key of an inline table. */
function keyAdded({ text, eol, tables, valueAt }: OpenedDocument, path: KeyPath, written: string) {
  const node = valueAt(path);
  const table = tables.find(({ resolvedKey }) => isSamePath(resolvedKey, path));
  const inBraces = node?.type === 'TOMLInlineTable' ? node.body.at(-1) : undefined;
  if (inBraces !== undefined) {
    const at = inBraces.range[1];
    return `${text.slice(0, at)}, ${written}${text.slice(at)}`;
  }
  const last = table?.body.at(-1);
  if (last === undefined) return undefined;
  const end = lineEndAfter(text, last.range[1]);
  const before = text.slice(0, end);
  const gap = before.endsWith('\n') ? '' : eol;
  return `${before}${gap}${written}${eol}${text.slice(end)}`;
}

/** The entry's table with its subtables. */
function removeTables({ text, tables }: OpenedDocument, path: KeyPath): string {
  return tables
    .filter(({ resolvedKey }) => hasPrefix(resolvedKey, path))
    .toReversed()
    .reduce((rest, { range: [from, to] }) => {
      const start = rest.lastIndexOf('\n', from - 1) + 1;
      const after = rest.slice(lineEndAfter(rest, to)).replace(/^[ \t]*\r?\n/, '');
      return `${rest.slice(0, start)}${after}`;
    }, text);
}

function removeElement(text: string, array: AST.TOMLArray, index: number): string {
  const node = array.elements[index];
  if (node === undefined) return text;
  const [from, to] = node.range;
  const comma = /^\s*,/.exec(text.slice(to, array.range[1]))?.[0].length;
  const end = to + (comma ?? 0);
  const lineStart = text.lastIndexOf('\n', from - 1) + 1;
  const restOfLine = /^[ \t]*(?:#[^\n]*)?\r?\n/.exec(text.slice(end))?.[0];
  const isAlone = text.slice(lineStart, from).trim() === '' && restOfLine !== undefined;
  if (isAlone) return `${text.slice(0, lineStart)}${text.slice(end + restOfLine.length)}`;
  if (comma !== undefined) {
    const blanks = /^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0;
    return `${text.slice(0, from)}${text.slice(end + blanks)}`;
  }
  // The last one has no comma, so remove the comma before it.
  const before = text.slice(0, from).replace(/,[ \t]*$/, '');
  return `${before}${text.slice(to)}`;
}

function lineEndAfter(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
}

const hasPrefix = (path: KeyPath, start: KeyPath): boolean =>
  isSamePath(path.slice(0, start.length), start);

const isSamePath = (left: KeyPath, right: KeyPath): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

function inlineTable(entry: NewEntry): string {
  const pairs = Object.entries(entry).map(([key, value]) => `${key} = ${tomlValue(value)}`);
  return `{ ${pairs.join(', ')} }`;
}

/** A JSON string is a TOML basic string, except for one character. */
function tomlValue(value: NewEntry[string]): string {
  return JSON.stringify(value).replaceAll('\u007f', '\\u007f');
}

const plain = (entry: NewEntry): TomlTable =>
  Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [key, structuredClone(value) as TomlValue]),
  );

/** The document must mean the same, apart from this one change. */
function checked(
  { text, mark }: OpenedDocument,
  edited: string,
  path: KeyPath,
  wanted: TomlValue | undefined,
): EditedText {
  try {
    const expected = withValue(parse(text), path, wanted);
    return isDeepStrictEqual(json(parse(edited)), json(expected)) ? `${mark}${edited}` : undefined;
  } catch {
    return undefined;
  }
}

/** Without the extras that one parser adds to its tables. */
const json = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)));

function withValue(root: TomlTable, path: KeyPath, wanted: TomlValue | undefined): TomlTable {
  const last = path.at(-1);
  let place: unknown = root;
  for (const key of path.slice(0, -1)) place = (place as Record<string | number, unknown>)[key];
  if (last !== undefined) (place as Record<string | number, unknown>)[last] = wanted;
  return root;
}

function listAt(root: TomlTable, path: KeyPath): readonly TomlValue[] | undefined {
  let place: unknown = root;
  for (const key of path) {
    if (typeof place !== 'object' || place === null) return undefined;
    place = (place as Record<string | number, unknown>)[key];
  }
  return Array.isArray(place) ? (place as TomlValue[]) : undefined;
}
