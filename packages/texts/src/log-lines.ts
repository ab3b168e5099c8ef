/** One line of the event log, for each kind of entry. */
import type { ApiLogEntry } from '@zephyr/contract/api/api-history';
import type { FailureClass } from '@zephyr/contract/failure';
import type { BudgetPeriod } from '@zephyr/contract/usage/people-limits';

import { type ScreenTextKey, screenCatalogue } from './screen-catalogue.ts';
import { decisionText } from './sentences.ts';
import { type EndpointNames, nameOf, type Speech } from './situation.ts';

type WithoutPlace<Entry> = Entry extends unknown ? Omit<Entry, 'id' | 'atMs' | 'severity'> : never;

export type LogFacts = WithoutPlace<ApiLogEntry>;
export type NoticeFacts = Extract<LogFacts, { kind: 'notice' }>['notice'];

/** @param entry its time gets a date if it is on another day */
export function logText(
  entry: LogFacts & { readonly atMs: number },
  names: EndpointNames,
  speech: Speech,
): string {
  const { say } = speech;
  switch (entry.kind) {
    case 'decision':
      return decisionText(entry.decision, names, speech);
    case 'notice':
      return noticeText(entry.notice, names, { ...speech, atMs: entry.atMs });
    case 'command': {
      const subject = entry.endpointId === null ? entry.subject : nameOf(names, entry.endpointId);
      const about = subject === null ? '' : ` ${subject}`;
      const command = `${wordFor('command', entry.command, say)}${about}`;
      return say(`log.command.${entry.outcome}`, {
        actor: wordFor('actor', entry.actor, say),
        command,
      });
    }
    case 'config':
      return say(`log.config.${entry.outcome}`, { problem: entry.problems[0] ?? '' });
    case 'leader':
      return say('log.leader', { id: entry.instanceId, epoch: entry.epoch });
    case 'store':
      return say(`log.store.${entry.status}`);
  }
}

export interface LogLine<Entry> {
  /** The latest of the identical ones. */
  readonly entry: Entry;
  readonly text: string;
  /** Number of consecutive identical entries. */
  readonly count: number;
}

/** The log as text, newest first; repeats are merged into one line. */
export function logLines<Entry extends LogFacts & { readonly atMs: number }>(
  newestFirst: readonly Entry[],
  names: EndpointNames,
  speech: Speech,
): readonly LogLine<Entry>[] {
  const lines: LogLine<Entry>[] = [];
  for (const entry of newestFirst) {
    const text = logText(entry, names, speech);
    const place = sameLine(lines, entry, text);
    const line = lines[place];
    if (line === undefined) lines.push({ entry, text, count: 1 });
    else lines[place] = joined(line, entry);
  }
  return lines;
}

/** A decision and its notice describe the same moment; the decision has the reason. */
function joined<Entry extends LogFacts>(line: LogLine<Entry>, entry: Entry): LogLine<Entry> {
  if (line.entry.kind === entry.kind) return { ...line, count: line.count + 1 };
  return entry.kind === 'decision' ? { ...line, entry } : line;
}

/** If notices of one kind about several endpoints alternate, each endpoint keeps its own line. */
function sameLine(lines: readonly LogLine<LogFacts>[], entry: LogFacts, text: string): number {
  const code = codeOf(entry);
  for (let place = lines.length - 1; place >= 0; place -= 1) {
    const line = lines[place];
    if (line?.text === text) return place;
    if (line === undefined || code === undefined || codeOf(line.entry) !== code) return -1;
  }
  return -1;
}

function codeOf(entry: LogFacts): string | undefined {
  return entry.kind === 'notice' ? entry.notice.code : undefined;
}

/** Actors and commands are open sets in the API: one without a text is shown unchanged. */
function wordFor(area: 'command' | 'actor', code: string, say: Speech['say']): string {
  const key = `${area}.${code}`;
  return isWord(key) ? say(key) : code;
}

type Word = Extract<ScreenTextKey, `command.${string}` | `actor.${string}`>;

function isWord(key: string): key is Word {
  return Object.hasOwn(screenCatalogue.en, key);
}

/** A notice's optional fields; each fills a placeholder. */
interface NoticeFields {
  readonly code: string;
  readonly endpointId?: string;
  readonly groupName?: string;
  readonly name?: string;
  readonly period?: BudgetPeriod;
  readonly failure?: FailureClass;
  readonly untilAtMs?: number;
}

function noticeText(
  notice: NoticeFacts,
  names: EndpointNames,
  { say, numbers, atMs }: Speech & { atMs: number },
): string {
  const { endpointId, groupName, name, period, failure, untilAtMs }: NoticeFields = notice;
  const values = {
    name: endpointId === undefined ? (groupName ?? name ?? '') : nameOf(names, endpointId),
    failure: failure === undefined ? '' : say(`failure.${failure}`),
    period: period === undefined ? '' : say(`period.${period}`),
    time: untilAtMs === undefined ? '' : numbers.time(untilAtMs, atMs),
  };
  // The catalogue's test checks that each text uses only fields of its notice.
  const fill: (key: ScreenTextKey, values: Readonly<Record<string, string>>) => string = say;
  return fill(`notice.${notice.code}`, values);
}
