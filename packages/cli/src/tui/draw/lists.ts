/** Lists below the endpoints if there is room: active requests, sessions, events. */

import type { ApiRequest, ApiSession } from '@zephyr/contract/api/api-state';
import { ANONYMOUS } from '@zephyr/contract/reserved-names';
import { logLines, nameOf } from '@zephyr/texts';
import { Box, Text } from 'ink';
import { createElement as h, type ReactElement } from 'react';

import { padded } from '../../output/table.ts';
import { line, type RowsProps, type StateProps } from './parts.ts';

const AGE_WIDTH = 6;

/** The rows of each list without its title and the blank line above it; 0 leaves it out. */
interface ListRows {
  readonly requests: number;
  readonly sessions: number;
  readonly events: number;
}

/** A title, and the blank line above. */
const EXTRA_ROWS = 2;
/** Fewer rows are not worth a title. */
const MIN_ROWS = 2;

/** Events get half of what is left, requests and sessions at most what they need. */
function listRowsOf(
  free: number,
  counts: { readonly requests: number; readonly sessions: number },
): ListRows {
  const grant = (room: number, wanted: number) => {
    const rows = Math.min(wanted, room - EXTRA_ROWS);
    return wanted === 0 || rows < Math.min(wanted, MIN_ROWS) ? 0 : rows;
  };
  const used = (rows: number) => (rows === 0 ? 0 : rows + EXTRA_ROWS);
  const requests = grant(Math.floor(free / 2), counts.requests);
  const sessions = grant(Math.floor((free - used(requests)) / 2), counts.sessions);
  const events = Math.max(0, free - used(requests) - used(sessions) - EXTRA_ROWS);
  return { requests, sessions, events };
}

export function Lists(props: StateProps & { readonly free: number }): ReactElement {
  const { state, free } = props;
  const rows = listRowsOf(free, {
    requests: state.requests.items.length,
    sessions: state.sessions.items.length,
  });
  return h(
    Box,
    { flexDirection: 'column' },
    rows.requests === 0 ? null : h(Requests, { ...props, rows: rows.requests }),
    rows.sessions === 0 ? null : h(Sessions, { ...props, rows: rows.sessions }),
    rows.events === 0 ? null : h(Events, { ...props, rows: rows.events }),
  );
}

/** "Active requests 5", or "Active requests 3/5" if not all are shown. */
function titleOf(title: string, shown: number, total: number): ReactElement {
  return line(`${title} ${shown < total ? `${shown}/` : ''}${total}`, { dimColor: true });
}

function Requests({ model, state, speech, rows }: RowsProps): ReactElement {
  const { say, numbers } = speech;
  const oldest = state.requests.items
    .toSorted((left, right) => left.startedAtMs - right.startedAtMs)
    .slice(0, rows);
  const describe = (request: ApiRequest) =>
    [
      numbers.duration(model.epochMs - request.startedAtMs).padStart(AGE_WIDTH),
      say(`phase.${request.phase}`),
      nameOf(state, request.endpointId),
      request.person === ANONYMOUS ? '' : request.person,
    ].join('  ');
  return h(
    Box,
    { flexDirection: 'column', marginTop: 1 },
    titleOf(say('requests.title'), oldest.length, state.requests.total),
    ...oldest.map((request) =>
      h(Text, { key: request.id, wrap: 'truncate-end' }, describe(request)),
    ),
  );
}

function Sessions({ model, state, speech, rows }: RowsProps): ReactElement {
  const { say, numbers } = speech;
  const latest = state.sessions.items
    .toSorted((left, right) => right.lastRequestAtMs - left.lastRequestAtMs)
    .slice(0, rows);
  const describe = (session: ApiSession) => {
    const left = numbers.duration(session.cacheUntilAtMs - model.epochMs);
    const isWarm = session.cacheUntilAtMs > model.epochMs;
    const cache = isWarm ? say('sessions.cache.warm', { left }) : say('sessions.cache.cold');
    return [
      numbers.duration(model.epochMs - session.lastRequestAtMs).padStart(AGE_WIDTH),
      session.person === null || session.person === ANONYMOUS
        ? session.id.slice(0, 8)
        : session.person,
      nameOf(state, session.endpointId),
      `${say('column.requests')} ${numbers.count(session.requests)}`,
      `${say('sessions.cache')} ${cache}`,
    ].join('  ');
  };
  return h(
    Box,
    { flexDirection: 'column', marginTop: 1 },
    titleOf(say('sessions.title'), latest.length, state.sessions.total),
    ...latest.map((session) =>
      h(Text, { key: session.id, wrap: 'truncate-end' }, describe(session)),
    ),
  );
}

function Events({ model, state, speech, rows }: RowsProps): ReactElement {
  const { say, numbers } = speech;
  const shown = logLines(model.log, state, speech).slice(0, rows);
  return h(
    Box,
    { flexDirection: 'column', marginTop: 1 },
    line(say('log.title'), { dimColor: true }),
    ...(shown.length === 0 ? [h(Text, { key: 'empty', dimColor: true }, say('log.empty'))] : []),
    ...shown.map(({ entry, text, count }) =>
      h(
        Text,
        { key: entry.id, wrap: 'truncate-end' },
        h(Text, { dimColor: true }, `${padded(numbers.time(entry.atMs, model.epochMs), 8)}  `),
        count === 1 ? text : `${text} × ${numbers.count(count)}`,
      ),
    ),
  );
}
