/** The help of both dashboards: shortcuts and glossary, in this order. */
import type { Speech } from './situation.ts';

const KEYS = [
  ['R', 'probe'],
  ['P', 'pause'],
  ['M', 'mode'],
  ['↑ ↓', 'rows'],
  ['Enter', 'pin'],
  ['L', 'language'],
  ['?', 'help'],
] as const;
const WORDS = ['score', 'fallback', 'ejected', 'cooling', 'draining'] as const;

export interface HelpKey {
  readonly key: string;
  readonly text: string;
}

export function helpKeys(say: Speech['say']): readonly HelpKey[] {
  return KEYS.map(([key, name]) => ({ key, text: say(`help.key.${name}`) }));
}

export function helpWords(say: Speech['say']): readonly string[] {
  return WORDS.map((word) => say(`help.word.${word}`));
}
