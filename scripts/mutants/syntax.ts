/** The parts of the syntax tree (ESTree with TypeScript) that mutants need. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    'start' in value &&
    typeof value.start === 'number'
  );
}

export function isFunction({ type }: Node): boolean {
  return (
    type === 'FunctionDeclaration' ||
    type === 'FunctionExpression' ||
    type === 'ArrowFunctionExpression'
  );
}

/** The default numbers of a rule, such as `HEALTH_NUMBERS`: choices, which no test should pin. */
export function isNumbers({ type, declarations }: Node): boolean {
  if (type !== 'VariableDeclaration' || !Array.isArray(declarations)) return false;
  return declarations.some(({ id }) => isNode(id) && String(id['name']).endsWith('_NUMBERS'));
}

export function textOf({ start, end }: Node, source: string): string {
  return source.slice(start, end);
}

/** Types, names and texts for people: a mutant there changes no decision. */
const SKIPPED_KEYS: ReadonlySet<string> = new Set([
  'typeAnnotation',
  'typeParameters',
  'typeArguments',
  'superTypeArguments',
  'returnType',
  'superClass',
  'implements',
  'key',
  'label',
]);
const SKIPPED_TYPES: ReadonlySet<string> = new Set([
  'ImportDeclaration',
  'ExportAllDeclaration',
  'TSInterfaceDeclaration',
  'TSTypeAliasDeclaration',
  'TSDeclareFunction',
  'ThrowStatement',
  'TemplateElement',
]);

/** The children that may contain mutants. */
export function childrenOf(node: Node): readonly Node[] {
  return Object.entries(node)
    .filter(([key]) => !SKIPPED_KEYS.has(key) || (key === 'key' && node['computed'] === true))
    .flatMap(([key, value]) => (isPattern(node, key) ? patternDefaults(value) : nodesIn(value)))
    .filter(({ type }) => !SKIPPED_TYPES.has(type));
}

function nodesIn(value: unknown): readonly Node[] {
  if (Array.isArray(value)) return value.filter(isNode);
  return isNode(value) ? [value] : [];
}

/** Names that are assigned, not read. */
function isPattern({ type }: Node, key: string): boolean {
  return (
    (type === 'VariableDeclarator' && key === 'id') ||
    (type === 'AssignmentExpression' && key === 'left') ||
    (type === 'UpdateExpression' && key === 'argument') ||
    (type === 'CatchClause' && key === 'param') ||
    (key === 'left' && (type === 'ForOfStatement' || type === 'AssignmentPattern')) ||
    (key === 'params' && type !== 'CallExpression')
  );
}

/** `{ a = 1 }`: the defaults inside a pattern. */
function patternDefaults(value: unknown): readonly Node[] {
  return nodesIn(value).flatMap((node): readonly Node[] => {
    switch (node.type) {
      case 'AssignmentPattern':
        return [...patternDefaults(node['left']), ...nodesIn(node['right'])];
      case 'ObjectPattern':
        return nodesIn(node['properties']).flatMap((property) =>
          patternDefaults(property['value'] ?? property['argument']),
        );
      case 'ArrayPattern':
        return nodesIn(node['elements']).flatMap(patternDefaults);
      case 'RestElement':
        return patternDefaults(node['argument']);
      default:
        return [];
    }
  });
}
