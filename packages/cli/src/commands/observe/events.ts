/** `zephyr events`: past events; with `--follow` new ones as they happen. */
import { styleText } from 'node:util';

import type { ApiLogEntry } from '@zephyr/contract/api/api-history';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { systemClock } from '@zephyr/runtime/clock';
import type { Environment } from '@zephyr/runtime/environment';
import { logText } from '@zephyr/texts';

import { type AdminOptions, type AdminSession, openSession } from '../../admin/admin-session.ts';
import { followStream } from '../../admin/follow-stream.ts';

export interface EventsOptions extends AdminOptions {
  readonly follow?: boolean;
  /** How many past events to print. */
  readonly last: number;
  /** Empty: all kinds. */
  readonly kind: readonly ApiLogEntry['kind'][];
}

export interface EventsCall {
  readonly options: EventsOptions;
  readonly environment: Environment;
  readonly print: (line: string) => void;
  /** Ends `--follow`. */
  readonly signal: AbortSignal;
}

/** @throws ZephyrError if the controller cannot be reached at first */
export async function events({ options, environment, print, signal }: EventsCall): Promise<void> {
  const session = openSession(options, environment);
  let state = await session.client.state();
  const history = await session.client.history();
  const isWanted = ({ kind }: ApiLogEntry) =>
    options.kind.length === 0 || options.kind.includes(kind);
  const show = (entry: ApiLogEntry) => {
    if (isWanted(entry)) print(lineOf(entry, { options, session, state }));
  };
  const past = history.log.filter(isWanted);
  for (const entry of past.slice(Math.max(0, past.length - options.last))) show(entry);
  if (options.follow !== true) return;
  const seen = new Set(history.log.map(({ id }) => id));
  for await (const message of followStream(session.client, signal)) {
    if (message.kind === 'state') state = message.state;
    const entries =
      message.kind === 'log'
        ? [message.entry]
        : message.kind === 'history'
          ? message.history.log
          : [];
    // After a reconnect the controller may send the whole history again.
    for (const entry of entries.filter(({ id }) => !seen.has(id))) {
      seen.add(entry.id);
      show(entry);
    }
  }
}

interface LineContext {
  readonly options: EventsOptions;
  readonly session: AdminSession;
  readonly state: ApiState;
}

function lineOf(entry: ApiLogEntry, { options, session, state }: LineContext): string {
  if (options.json === true) return JSON.stringify(entry);
  const time = session.numbers.time(entry.atMs, systemClock.epochMs());
  const text = logText(entry, state, session);
  // Plain text when the output is not a terminal or NO_COLOR is set.
  return `${styleText('dim', time)}  ${styleText(colourOf(entry), text)}`;
}

function colourOf(entry: ApiLogEntry): 'red' | 'yellow' | 'cyan' | 'reset' {
  if (entry.kind === 'decision') return 'cyan';
  if (entry.kind === 'notice' && entry.severity === 'critical') return 'red';
  if (entry.kind === 'notice' && entry.severity === 'warning') return 'yellow';
  if ('outcome' in entry && entry.outcome !== 'applied') return 'yellow';
  return 'reset';
}
