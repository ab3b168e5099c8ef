/** The words of `--help`, in the language of the person's locale. */
import { localeOf } from '@zephyr/runtime/config/locale';
import type { Environment } from '@zephyr/runtime/environment';
import { languageOf, type Translate, translator } from '@zephyr/texts';

export function helpIn(environment: Environment): Translate {
  return translator(languageOf(localeOf(environment)));
}

export function examplesOf(say: Translate, ...commands: readonly string[]): string {
  return ['', say('cli.examples'), ...commands.map((command) => `  zephyr ${command}`)].join('\n');
}

/** @param title Commander's, such as `Usage:` */
export function titleIn(say: Translate, title: string): string {
  const word = TITLES.find((each) => title.toLowerCase() === `${each}:`);
  return word === undefined ? title : say(`cli.title.${word}`);
}

const TITLES = ['usage', 'arguments', 'options', 'commands'] as const;
