/** Which variables, fields and functions hold or return a boolean although nothing in the text says `boolean`. */

/** A node of swc's syntax tree, as far as it matters here. */
interface Node {
  readonly type?: string;
  readonly span?: { readonly start: number };
  readonly [key: string]: unknown;
}

const COMPARISONS = new Set(['===', '!==', '==', '!=', '<', '>', '<=', '>=', 'in', 'instanceof']);
/** Methods of JavaScript itself that return a boolean. */
const TESTS = new Set([
  ...['some', 'every', 'includes', 'has', 'test', 'startsWith', 'endsWith', 'delete'],
  ...['isArray', 'isInteger', 'isFinite', 'isSafeInteger'],
]);

const nodeOf = (value: unknown): Node | undefined =>
  typeof value === 'object' && value !== null ? (value as Node) : undefined;

function isBoolean(value: unknown): boolean {
  const node = nodeOf(value);
  switch (node?.type) {
    case 'BooleanLiteral':
      return true;
    case 'ParenthesisExpression':
    case 'TsConstAssertion':
      return isBoolean(node['expression']);
    case 'UnaryExpression':
      return node['operator'] === '!';
    case 'BinaryExpression': {
      const operator = String(node['operator']);
      if (operator === '&&' || operator === '||' || operator === '??')
        return isBoolean(node['right']);
      return COMPARISONS.has(operator);
    }
    case 'ConditionalExpression':
      return isBoolean(node['consequent']) && isBoolean(node['alternate']);
    case 'CallExpression':
      return isTest(node);
    default:
      return false;
  }
}

function isTest(call: Node): boolean {
  const callee = nodeOf(call['callee']);
  const property = callee?.type === 'MemberExpression' ? nodeOf(callee['property']) : callee;
  const name = String(property?.['value']);
  return TESTS.has(name) || /^(?:is|has|can)[A-Z][a-z]/.test(name);
}

/** A boolean, or an arrow function whose expression is one. */
function isPredicate(value: unknown): boolean {
  const node = nodeOf(value);
  if (node?.type !== 'ArrowFunctionExpression') return isBoolean(node);
  const body = nodeOf(node['body']);
  return body?.type !== 'BlockStatement' && isBoolean(body);
}

export interface Found {
  readonly name: string;
  /** In swc's count. */
  readonly start: number;
}

/** Variables and fields that are initialised with a boolean or a predicate, and have no annotation. */
export function untypedPredicates(value: unknown): readonly Found[] {
  const node = nodeOf(value);
  if (node === undefined) return [];
  const inner = Object.values(node).flatMap(untypedPredicates);
  const [target, initial] =
    node.type === 'VariableDeclarator'
      ? [nodeOf(node['id']), node['init']]
      : node.type === 'ClassProperty' || node.type === 'PrivateProperty'
        ? [nodeOf(node['key']), node['value']]
        : [];
  const name = nodeOf(target)?.['value'] ?? nodeOf(nodeOf(target)?.['id'])?.['value'];
  if (typeof name !== 'string' || !isPredicate(initial)) return inner;
  return [{ name, start: node.span?.start ?? 0 }, ...inner];
}
