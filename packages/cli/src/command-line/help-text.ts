/** The parts of `--help` that are the same everywhere. */
import type { Translate } from '@zephyr/texts';

export function examplesOf(say: Translate, ...commands: readonly string[]): string {
  return ['', say('cli.examples'), ...commands.map((command) => `  zephyr ${command}`)].join('\n');
}

/** @param title Commander's, such as `Usage:` */
export function titleIn(say: Translate, title: string): string {
  const word = TITLES.find((each) => title.toLowerCase() === `${each}:`);
  return word === undefined ? title : say(`cli.title.${word}`);
}

const TITLES = ['usage', 'arguments', 'options', 'commands'] as const;

/** @param description Commander's, with the facts of the option: `port (default: 80, env: PORT)` */
export function factsIn(say: Translate, description: string): string {
  return description.replace(/ \(((?:choices|default|env): .*)\)$/, (_, facts: string) => {
    const parts = facts.split(/, (?=(?:choices|default|env): )/).map((fact) => {
      const [, name, value = ''] = /^(choices|default|env): (.*)$/.exec(fact) ?? [];
      const known = FACTS.find((each) => each === name);
      return known === undefined ? fact : say(`cli.fact.${known}`, { value });
    });
    return say('cli.facts', { facts: parts.join(say('cli.facts.and')) });
  });
}

const FACTS = ['choices', 'default', 'env'] as const;
