/** One line of the event log, for each kind of entry. */
import { type ScreenTextKey, screenCatalogue } from './screen-catalogue.ts';
import { decisionText } from './sentences.ts';
import {
  type DecisionFacts,
  type FailureCode,
  nameOf,
  type Situation,
  type Speech,
} from './situation.ts';

type AboutEndpoint =
  | 'endpoint_healthy'
  | 'token_accepted'
  | 'pin_cleared'
  | 'pin_unavailable'
  | 'pin_available'
  | 'sessions_moved'
  | 'late_probe_dropped';
type AboutAll =
  | 'overload_began'
  | 'overload_ended'
  | 'flapping_thawed'
  | 'nothing_available'
  | 'available_again';

type NoticeFacts =
  | { readonly code: AboutEndpoint; readonly endpointId: string }
  | {
      readonly code: 'endpoint_unhealthy' | 'token_refused';
      readonly endpointId: string;
      readonly failure: FailureCode;
    }
  | { readonly code: 'budget_nearly_spent' | 'budget_spent'; readonly groupName: string }
  | { readonly code: 'flapping_frozen'; readonly untilAtMs: number }
  | { readonly code: AboutAll };

export type LogFacts =
  | { readonly kind: 'decision'; readonly decision: DecisionFacts }
  | { readonly kind: 'notice'; readonly notice: NoticeFacts }
  | {
      readonly kind: 'command';
      readonly command: string;
      readonly actor: string;
      readonly endpointId: string | null;
      readonly outcome: 'applied' | 'refused';
    }
  | {
      readonly kind: 'config';
      readonly outcome: 'applied' | 'refused';
      readonly problems: readonly string[];
    }
  | { readonly kind: 'leader'; readonly instanceId: string; readonly epoch: number }
  | { readonly kind: 'store'; readonly status: 'connected' | 'away' };

type Names = Pick<Situation, 'endpoints'>;

/** @param entry with its moment, by which a time of another day gets its date. */
export function logText(
  entry: LogFacts & { readonly atMs: number },
  names: Names,
  speech: Speech,
): string {
  const { say } = speech;
  switch (entry.kind) {
    case 'decision':
      return decisionText(entry.decision, names, speech);
    case 'notice':
      return noticeText(entry.notice, names, { ...speech, atMs: entry.atMs });
    case 'command': {
      const about = entry.endpointId === null ? '' : ` ${nameOf(names, entry.endpointId)}`;
      const command = `${wordFor('command', entry.command, say)}${about}`;
      return say(`log.command.${entry.outcome}`, {
        actor: wordFor('actor', entry.actor, say),
        command,
      });
    }
    case 'config':
      return entry.outcome === 'applied'
        ? say('log.config.applied')
        : say('log.config.refused', { problem: entry.problems[0] ?? '' });
    case 'leader':
      return say('log.leader', { id: entry.instanceId, epoch: entry.epoch });
    case 'store':
      return say(`log.store.${entry.status}`);
  }
}

export interface LogLine<Entry> {
  /** The latest of those that say the same. */
  readonly entry: Entry;
  readonly text: string;
  /** How many say the same, one after the other. */
  readonly count: number;
}

/** The log in words, newest first; what repeats itself takes one line. */
export function logLines<Entry extends LogFacts & { readonly atMs: number }>(
  newestFirst: readonly Entry[],
  names: Names,
  speech: Speech,
): readonly LogLine<Entry>[] {
  const lines: LogLine<Entry>[] = [];
  for (const entry of newestFirst) {
    const text = logText(entry, names, speech);
    const last = lines.at(-1);
    if (last?.text === text) lines[lines.length - 1] = { ...last, count: last.count + 1 };
    else lines.push({ entry, text, count: 1 });
  }
  return lines;
}

/** Actors and commands are open sets in the API: one that has no word is named as it is. */
function wordFor(area: 'command' | 'actor', code: string, say: Speech['say']): string {
  const key = `${area}.${code}`;
  return isWord(key) ? say(key) : code;
}

type Word = Extract<ScreenTextKey, `command.${string}` | `actor.${string}`>;

function isWord(key: string): key is Word {
  return Object.hasOwn(screenCatalogue.en, key);
}

function noticeText(
  notice: NoticeFacts,
  names: Names,
  { say, numbers, atMs }: Speech & { atMs: number },
): string {
  switch (notice.code) {
    case 'endpoint_unhealthy':
    case 'token_refused':
      return say(`notice.${notice.code}`, {
        name: nameOf(names, notice.endpointId),
        failure: say(`failure.${notice.failure}`),
      });
    case 'budget_nearly_spent':
    case 'budget_spent':
      return say(`notice.${notice.code}`, { name: notice.groupName });
    case 'flapping_frozen':
      return say('notice.flapping_frozen', { time: numbers.time(notice.untilAtMs, atMs) });
    case 'overload_began':
    case 'overload_ended':
    case 'flapping_thawed':
    case 'nothing_available':
    case 'available_again':
      return say(`notice.${notice.code}`);
    default:
      return say(`notice.${notice.code}`, { name: nameOf(names, notice.endpointId) });
  }
}
