/** Overrides single settings of the decision core: `switching.switchThresholdMs=100`. Pure. */
import { own, type Policy } from '@zephyr/core';
import { ZephyrError } from '@zephyr/runtime/errors';
import { type Phrase, phrase } from '@zephyr/runtime/phrase';

type PolicyTable = Readonly<Record<string, unknown>>;

/**
 * The policy with one setting changed.
 * @param assignment `<table>.<setting>=<value>`, with the names of `Policy`
 * @throws ZephyrError `USAGE` for an unknown setting or a value of the wrong type
 */
export function withSetting(policy: Policy, assignment: string): Policy {
  const separator = assignment.indexOf('=');
  const path = assignment.slice(0, Math.max(0, separator)).trim();
  const text = assignment.slice(separator + 1).trim();
  const current = path.split('.').reduce<unknown>(memberOf, policy);
  if (typeof current === 'number') {
    const value = Number(text);
    if (text === '' || !Number.isFinite(value) || value < 0) {
      throw wrongSetting(assignment, phrase`${path} is a number, now ${String(current)}`);
    }
    return replaced(policy, path.split('.'), value) as Policy;
  }
  const known = leavesOf(policy).filter((leaf) => leaf.startsWith(path.split('.')[0] ?? ''));
  const names = known.length > 0 ? known : Object.keys(policy);
  throw wrongSetting(assignment, phrase`settings are: ${names.join(', ')}`);
}

function memberOf(table: unknown, name: string): unknown {
  return isTable(table) ? own(table, name) : undefined;
}

function isTable(value: unknown): value is PolicyTable {
  return typeof value === 'object' && value !== null;
}

function replaced(table: unknown, [name = '', ...rest]: readonly string[], value: number): unknown {
  if (!isTable(table)) return value;
  return { ...table, [name]: replaced(table[name], rest, value) };
}

/** `health.fall`, `sessions.inputUsdPerMillionTokens.opus`, … */
function leavesOf(value: unknown): readonly string[] {
  if (!isTable(value)) return [''];
  return Object.entries(value).flatMap(([name, inner]) =>
    leavesOf(inner).map((leaf) => (leaf === '' ? name : `${name}.${leaf}`)),
  );
}

function wrongSetting(assignment: string, advice: Phrase): ZephyrError {
  return new ZephyrError('USAGE', phrase`--set ${assignment}: no such setting or value`, {
    advice: [phrase`for example: --set switching.switchThresholdMs=100`, advice],
  });
}
