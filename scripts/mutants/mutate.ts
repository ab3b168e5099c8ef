/**
 * Finds the mutants of a TypeScript file and compiles all of them into it, each behind a switch: `a < b`
 * becomes `(__mutant(7)?(a <= b):(a < b))`. So a file is compiled and loaded once for all its mutants.
 *
 * What is evaluated while the module is loaded (constants, tables) is re-evaluated when its mutant is
 * switched on: `const X = 3` becomes `let X = __mutantConstant(…, () => 3, (value) => { X = value; })`.
 */
import { parseSync } from 'oxc-parser';

import { alternativesOf, testsOf } from './operators.ts';
import { childrenOf, isFunction, isNode, isNumbers, type Node, textOf } from './syntax.ts';

export interface Mutant {
  readonly id: number;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly lineText: string;
  readonly original: string;
  readonly replacement: string;
}

/** Original and replacement, shortened to one line. */
export function titleOf({ original, replacement }: Mutant): string {
  return `${shortened(original)} → ${shortened(replacement)}`;
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 70 ? `${line.slice(0, 67)}…` : line;
}

export interface Mutated {
  readonly text: string;
  readonly mutants: readonly Mutant[];
}

interface Insertion {
  readonly at: number;
  readonly text: string;
  /** Outer nodes begin first and end last. */
  readonly order: number;
}

/** @param firstId id of the first mutant; the others follow */
export function mutate(file: string, source: string, firstId: number): Mutated {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const mutator = new Mutator(file, source, firstId);
  mutator.visit(program as unknown as Node);
  return { text: mutator.text(), mutants: mutator.mutants };
}

class Mutator {
  readonly mutants: Mutant[] = [];
  readonly #file: string;
  readonly #source: string;
  readonly #firstId: number;
  readonly #insertions: Insertion[] = [];
  #order = 0;
  #depth = 0;

  constructor(file: string, source: string, firstId: number) {
    this.#file = file;
    this.#source = source;
    this.#firstId = firstId;
  }

  visit(node: Node): void {
    if (isNumbers(node)) return;
    this.#order += 1;
    this.#wrap(node, alternativesOf(node, this.#source));
    const { test } = node;
    if (isNode(test)) {
      this.#wrap(test, testsOf(node));
      this.#order += 1;
    }
    if (node.type === 'VariableDeclaration' && this.#depth === 0) this.#makeConstants(node);
    const isInner = isFunction(node) || node.type === 'ClassBody';
    this.#depth += isInner ? 1 : 0;
    for (const child of childrenOf(node)) this.visit(child);
    this.#depth -= isInner ? 1 : 0;
  }

  text(): string {
    const sorted = this.#insertions.toSorted((a, b) => a.at - b.at || a.order - b.order);
    let text = '';
    let at = 0;
    for (const insertion of sorted) {
      text += this.#source.slice(at, insertion.at) + insertion.text;
      at = insertion.at;
    }
    const lastId = this.#firstId + this.mutants.length - 1;
    const file = `__mutantFile(${JSON.stringify(this.#file)}, ${this.#firstId}, ${lastId});`;
    return `${file}${text}${this.#source.slice(at)}`;
  }

  #wrap(node: Node, alternatives: readonly string[]): void {
    if (alternatives.length === 0) return;
    const order = this.#order;
    if (node.type === 'ExpressionStatement') {
      const id = this.#add(node, '(removed)');
      this.#insert(node.start, `{if(!__mutant(${id})) `, order);
      this.#insert(node.end, '}', -order);
      return;
    }
    const switches = alternatives.map((text) => `__mutant(${this.#add(node, text)})?(${text}):`);
    this.#insert(node.start, `(${switches.join('')}(`, order);
    this.#insert(node.end, '))', -order);
  }

  #makeConstants(declaration: Node): void {
    const declarators = declaration['declarations'] as readonly Node[];
    const [declarator] = declarators;
    const init = declarator?.['init'];
    const id = declarator?.['id'] as Node | undefined;
    if (declarators.length !== 1 || !isNode(init) || id?.type !== 'Identifier') return;
    if (declaration['kind'] !== 'const' || isFunction(init)) return;
    const name = String(id['name']);
    const order = this.#order;
    this.#insert(declaration.start, 'let ', order);
    this.#cut(declaration.start, declaration.start + 'const'.length);
    const file = JSON.stringify(this.#file);
    this.#insert(init.start, `__mutantConstant(${file}, (): any => (`, order);
    this.#insert(init.end, `), (value: any) => { ${name} = value; })`, -order);
  }

  /** Comments out what is replaced. */
  #cut(from: number, to: number): void {
    this.#insert(from, '/*', this.#order + 0.5);
    this.#insert(to, '*/', -this.#order);
  }

  #insert(at: number, text: string, order: number): void {
    this.#insertions.push({ at, text, order });
  }

  #add(node: Node, replacement: string): number {
    const id = this.#firstId + this.mutants.length;
    const line = this.#source.slice(0, node.start).split('\n').length;
    const lineText = this.#source.split('\n')[line - 1] ?? '';
    const original = textOf(node, this.#source);
    this.mutants.push({ id, file: this.#file, line, lineText, original, replacement });
    return id;
  }
}
