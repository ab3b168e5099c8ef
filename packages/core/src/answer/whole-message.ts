/**
 * A message that arrives complete in its first piece, as nearly all do: parsed once, natively, which costs
 * half as much as reading it key by key, with the same result.
 */
import type { AnswerUsage } from '@zephyr/contract/usage/usage';

import { parseObject } from './api-error.ts';
import { type AnswerEnd, type AnswerEnding, USAGE_KEY } from './end.ts';
import { field, usageOf } from './token-usage.ts';

const WHOLE: AnswerEnding = { kind: 'whole' };

class WholeMessage implements AnswerEnd {
  readonly ending = WHOLE;
  readonly usage: AnswerUsage | undefined;

  constructor(message: unknown) {
    this.usage = usageOf(field(message, USAGE_KEY));
  }

  /** Anything after the last brace is irrelevant. */
  push(): void {}

  finish(): void {}
}

/** Undefined if the text is not one complete message; usually decided by its last character alone. */
export function wholeMessageIn(text: string): AnswerEnd | undefined {
  if (!text.trimEnd().endsWith('}')) return undefined;
  const value = parseObject(text);
  return field(value, 'type') === 'message' ? new WholeMessage(value) : undefined;
}
