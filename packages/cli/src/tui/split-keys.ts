import type { Key as InkKey } from 'ink';

import type { Key } from './model.ts';

/**
 * Keys typed quickly, or over a slow connection, arrive as one string, with Enter as a control
 * character. None may be lost.
 */
export function keysOf(input: string, key: Partial<InkKey>): readonly Key[] {
  if (key.upArrow === true) return ['up'];
  if (key.downArrow === true) return ['down'];
  if (key.return === true) return ['enter'];
  if (key.escape === true) return ['escape'];
  if (key.ctrl === true) return input === 'c' ? ['interrupt'] : [];
  return [...input].map((each) => {
    if (each === '\r' || each === '\n') return 'enter';
    if (each === '\u0003') return 'interrupt';
    return each === '\u001b' ? 'escape' : each;
  });
}
