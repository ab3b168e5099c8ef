/** What each mutant replaces: one operator, condition, constant, call or statement. */
import { isNode, type Node, textOf } from './syntax.ts';

/** Shifts a limit by one, or reverses the comparison. */
const BINARY: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '^': ['&'],
  '>>>': ['<<'],
};
const ASSIGNMENTS: Readonly<Record<string, string>> = { '+=': '-=', '-=': '+=', '*=': '/=' };
/** By name; a Map, because code may call a method of any name. */
const METHODS: ReadonlyMap<string, string> = new Map([
  ['min', 'max'],
  ['max', 'min'],
  ['floor', 'ceil'],
  ['ceil', 'floor'],
  ['some', 'every'],
  ['every', 'some'],
  ['startsWith', 'endsWith'],
  ['endsWith', 'startsWith'],
]);
/** Calls that are reduced to their object. */
const DROPPED: ReadonlySet<string> = new Set([
  'filter',
  'slice',
  'sort',
  'toSorted',
  'reverse',
  'trim',
  'toLowerCase',
]);
/** Constants from here on are doubled: tests need not pin their last digit. */
const LARGE = 10;

/** The condition of a branch or a loop. */
export function testsOf({ type, test, consequent }: Node): readonly string[] {
  if (type === 'WhileStatement' || type === 'ForStatement') return ['false'];
  if (type !== 'IfStatement' || !isNode(test) || !isNode(consequent)) return [];
  // `if (cell === undefined) throw …` is only for the compiler and never happens.
  const isAssertion = consequent.type === 'ThrowStatement' && test['operator'] === '===';
  return isAssertion ? [] : ['true', 'false'];
}

/** The replacements for this node; `(removed)` for a statement. */
export function alternativesOf(node: Node, source: string): readonly string[] {
  switch (node.type) {
    case 'BinaryExpression':
      return binary(node, source);
    case 'LogicalExpression':
      return logical(node, source);
    case 'UnaryExpression':
      return node['operator'] === '!' || node['operator'] === '-' ? [argumentOf(node, source)] : [];
    case 'Literal':
      return literal(node);
    case 'ArrayExpression':
      return (node['elements'] as readonly unknown[]).length > 0 ? ['[]'] : [];
    case 'CallExpression':
      return call(node, source);
    case 'AssignmentExpression': {
      const operator = ASSIGNMENTS[String(node['operator'])];
      return operator === undefined ? [] : [joined(node, operator, source)];
    }
    case 'ConditionalExpression':
      return conditional(node, source);
    case 'ExpressionStatement':
      return isRemovable(node) ? ['(removed)'] : [];
    default:
      return [];
  }
}

function binary(node: Node, source: string): readonly string[] {
  const operators = BINARY[String(node['operator'])] ?? [];
  const sides = [node['left'], node['right']].filter(isNode);
  // Concatenated strings are texts for people, or keys.
  if (sides.some(({ type, value }) => type === 'TemplateLiteral' || isText(value))) {
    return operators.filter((operator) => operator.includes('=')).map(join);
  }
  return operators.map(join);

  function join(operator: string): string {
    return joined(node, operator, source);
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** `a && b`: each side alone. `a ?? b`: `b` even if there is an `a`. */
function logical(node: Node, source: string): readonly string[] {
  const [left, right] = [node['left'], node['right']].filter(isNode);
  if (left === undefined || right === undefined) return [];
  if (node['operator'] === '??') return [`(${textOf(left, source)}) && (${textOf(right, source)})`];
  return [textOf(left, source), textOf(right, source)];
}

function conditional(node: Node, source: string): readonly string[] {
  const [yes, no] = [node['consequent'], node['alternate']].filter(isNode);
  return yes === undefined || no === undefined ? [] : [textOf(yes, source), textOf(no, source)];
}

function literal({ value, regex, raw }: Node): readonly string[] {
  if (typeof value === 'number') return [value < LARGE ? `${value + 1}` : `${value * 2}`];
  if (typeof value === 'boolean') return [String(!value)];
  if (!isRegex(regex) || typeof raw !== 'string') return [];
  const { pattern, flags } = regex;
  const withoutStart = pattern.startsWith('^') ? [pattern.slice(1)] : [];
  const isOpenEnd = pattern.endsWith('$') && !pattern.endsWith('\\$');
  const withoutEnd = isOpenEnd ? [pattern.slice(0, -1)] : [];
  return [...withoutStart, ...withoutEnd]
    .filter((text) => text !== '')
    .map((text) => `/${text}/${flags}`);
}

function isRegex(value: unknown): value is { readonly pattern: string; readonly flags: string } {
  return typeof value === 'object' && value !== null && 'pattern' in value && 'flags' in value;
}

function call(node: Node, source: string): readonly string[] {
  const callee = node['callee'];
  if (!isNode(callee) || callee.type !== 'MemberExpression' || callee['computed'] === true)
    return [];
  const [object, property] = [callee['object'], callee['property']];
  if (!isNode(object) || !isNode(property) || hasOptionalLink(node)) return [];
  const name = String(property['name']);
  if (DROPPED.has(name)) return [textOf(object, source)];
  const other = METHODS.get(name);
  if (other === undefined) return [];
  return [source.slice(node.start, property.start) + other + source.slice(property.end, node.end)];
}

/** Within `a?.b.c()` no part can be parenthesised. */
function hasOptionalLink(node: Node): boolean {
  const next = node['callee'] ?? node['object'];
  return node['optional'] === true || (isNode(next) && hasOptionalLink(next));
}

function isRemovable(node: Node): boolean {
  const expression = node['expression'];
  if (!isNode(expression) || typeof node['directive'] === 'string') return false;
  const { type } = expression;
  const isSuper =
    type === 'CallExpression' &&
    isNode(expression['callee']) &&
    expression['callee'].type === 'Super';
  return (
    !isSuper &&
    [
      'CallExpression',
      'AssignmentExpression',
      'UpdateExpression',
      'AwaitExpression',
      'ChainExpression',
    ].includes(type)
  );
}

function joined(node: Node, operator: string, source: string): string {
  const [left, right] = [node['left'], node['right']].filter(isNode);
  if (left === undefined || right === undefined) throw new Error('an operator without sides');
  // Parentheses that belong to neither side.
  const between = source.slice(left.end, right.start);
  const swapped = between.replace(String(node['operator']), () => operator);
  return textOf(left, source) + swapped + textOf(right, source) + source.slice(right.end, node.end);
}

function argumentOf(node: Node, source: string): string {
  const argument = node['argument'];
  if (!isNode(argument)) throw new Error('an operator without argument');
  return textOf(argument, source);
}
