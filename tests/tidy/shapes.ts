/**
 * Object types and schemas that repeat the fields of another one instead of being derived from it: the second
 * copy drifts. Pure.
 */
import { parsed, type SourceFile } from './rules.ts';

/** Three fields may be the same by chance. */
const MIN_FIELDS = 4;
/** What a function or module takes: each names what it needs of the same few services, and a test passes that. */
const OF_A_CALLER = /(?:Deps|Call|Context)$/;
/** Narrower than the shape that they resemble, field by field. */
const NARROWED: ReadonlySet<string> = new Set([
  // Sentences need the tags of a proxy's or controller's state, and either may be given.
  ...['Situation', 'EndpointFacts'],
  // What a survey measured; the finding is what people are shown of it, with null for what is absent here.
  'EndpointSurvey',
]);

interface Shape {
  readonly path: string;
  /** Of the type or constant that it is part of. */
  readonly name: string;
  readonly fields: ReadonlySet<string>;
}

/** A node of swc's syntax tree, as far as it matters here. */
interface Node {
  readonly type?: string;
  readonly [key: string]: unknown;
}

export function repeatedShapes(files: readonly SourceFile[]): readonly string[] {
  const shapes = files
    .flatMap((file) => shapesIn(parsed(file), file.path, ''))
    .filter(({ name, fields }) => fields.size >= MIN_FIELDS && !OF_A_CALLER.test(name))
    .filter(({ name }) => !NARROWED.has(name));
  return shapes.flatMap((one) =>
    shapes
      .filter((other) => isRepeatedIn(one, other))
      .map(
        (other) => `${one.path} ${one.name}: all its fields are in ${other.name} (${other.path})`,
      ),
  );
}

/** Of two equal ones, the second repeats the first. */
function isRepeatedIn(one: Shape, other: Shape): boolean {
  const isSubset = [...one.fields].every((field) => other.fields.has(field));
  if (one.path === other.path || !isSubset) return false;
  return one.fields.size < other.fields.size || one.path > other.path;
}

function shapesIn(value: unknown, path: string, outer: string): readonly Shape[] {
  if (typeof value !== 'object' || value === null) return [];
  const node = value as Node;
  const name = declaredName(node) ?? outer;
  const fields = fieldsOf(node);
  const inner = Object.values(node).flatMap((part) => shapesIn(part, path, name));
  return fields === undefined ? inner : [{ path, name, fields: new Set(fields) }, ...inner];
}

function declaredName({ type, id }: Node): string | undefined {
  const isNamed =
    type === 'TsInterfaceDeclaration' ||
    type === 'TsTypeAliasDeclaration' ||
    type === 'VariableDeclarator';
  const name = (id as Node | undefined)?.['value'];
  return isNamed && typeof name === 'string' ? name : undefined;
}

/** The names of its own fields; undefined if it is neither an object type nor a schema of one. */
function fieldsOf(node: Node): readonly string[] | undefined {
  switch (node.type) {
    case 'TsInterfaceBody':
      return keysOf(node['body']);
    case 'TsTypeLiteral':
      return keysOf(node['members']);
    case 'CallExpression': {
      const method = ((node['callee'] as Node)['property'] as Node | undefined)?.['value'];
      const [first] = node['arguments'] as readonly { readonly expression: Node }[];
      const isSchema = method === 'object' || method === 'strictObject' || method === 'extend';
      return isSchema ? keysOf(first?.expression['properties']) : undefined;
    }
    default:
      return undefined;
  }
}

/** `a: 1`, and `a` alone, which is its own key. */
function keysOf(members: unknown): readonly string[] {
  return ((members ?? []) as readonly Node[]).flatMap(({ key, value }) => {
    const name = (key as Node | undefined)?.['value'] ?? value;
    return typeof name === 'string' ? [name] : [];
  });
}
