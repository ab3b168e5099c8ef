/** The text of a notification: the event log's sentence, and what to do. */

import { type LogFacts, logText } from './log-lines.ts';
import { numbersOf } from './numbers-and-durations.ts';
import type { Language } from './screen-catalogue.ts';
import type { EndpointNames } from './situation.ts';
import { translator } from './translate.ts';

export interface NotificationFacts {
  readonly fact: Extract<LogFacts, { kind: 'notice' | 'decision' }>;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** It was delayed, so its time is shown. */
  readonly isLate: boolean;
  /** Number of earlier changes without a message. */
  readonly more: number;
  /** Number of earlier messages that the receiver did not get, and the hourly limit. */
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
