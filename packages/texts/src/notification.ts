/** What a notification says: the sentence of the event log, and what to do. */

import { type LogFacts, logText } from './log-lines.ts';
import { numbersOf } from './numbers.ts';
import type { Language } from './screen-catalogue.ts';
import type { EndpointNames } from './situation.ts';
import { translator } from './translate.ts';

export interface NotificationFacts {
  readonly fact: Extract<LogFacts, { kind: 'notice' | 'decision' }>;
  /** Since 1970, in milliseconds. */
  readonly atMs: number;
  /** It was held back, so its time is worth saying. */
  readonly isLate: boolean;
  /** Changes before it without a message. */
  readonly more: number;
  /** Messages before it that the receiver did not get, and the most in an hour. */
  readonly leftOut: { readonly count: number; readonly limit: number };
}

export function notificationText(
  { fact, atMs, isLate, more, leftOut }: NotificationFacts,
  names: EndpointNames,
  language: Language,
): string {
  const say = translator(language);
  const numbers = numbersOf(language);
  const sentence = logText({ ...fact, atMs }, names, { say, numbers });
  const failure = fact.kind === 'notice' && 'failure' in fact.notice && fact.notice.failure;
  const now = failure
    ? say('notify.advice', { sentence, advice: say(`advice.${failure}`) })
    : sentence;
  const timed = isLate ? say('notify.late', { text: now, time: numbers.time(atMs, atMs) }) : now;
  const counted = more > 0 ? say('notify.more', { text: timed, count: more }) : timed;
  return leftOut.count > 0 ? say('notify.leftOut', { text: counted, ...leftOut }) : counted;
}
