/** The table of endpoints: its columns, and as many rows around the selected one as fit. */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import { nextProbeText, roleOf, type Speech } from '@zephyr/texts';
import { Box, type TextProps } from 'ink';
import { createElement as h, type ReactElement } from 'react';
import { endpointRows } from '../model.ts';
import { LOOKS, latencyText, reasonText, scoreText, stateText } from './endpoint-cells.ts';
import {
  cell,
  chosenIndexOf,
  MARK_WIDTH,
  type RowsProps,
  type Size,
  type StateProps,
  windowOf,
} from './parts.ts';
import { sparkline } from './sparkline.ts';

/** Fixed column widths; 0 hides a column. The other columns share the rest. */
const WIDTHS = {
  state: 13,
  latency: 8,
  score: 8,
  success: 7,
  requests: 4,
  sessions: 4,
  next: 7,
} as const;
/** Hidden in this order if there is no room. */
const DISPENSABLE = ['next', 'success', 'requests', 'sessions', 'state'] as const;
const MIN_NAME = 14;
const MAX_NAME = 28;
const MIN_TREND = 8;

type Columns = Readonly<Record<keyof typeof WIDTHS | 'name' | 'trend', number>>;

function columnsOf(size: Size): Columns {
  const widths: Record<keyof typeof WIDTHS, number> = { ...WIDTHS };
  // Excludes the frame's padding; each column but the last is followed by a gap.
  const free = () =>
    size.columns -
    2 -
    MARK_WIDTH -
    1 -
    Object.values(widths).reduce((sum, width) => sum + (width === 0 ? 0 : width + 1), 0);
  for (const column of DISPENSABLE) {
    if (free() < MIN_NAME) widths[column] = 0;
  }
  const name = Math.min(MAX_NAME, Math.max(MIN_NAME, Math.floor(free() * 0.6)));
  const trend = free() - name - 1;
  return trend < MIN_TREND ? { ...widths, name: free(), trend: 0 } : { ...widths, name, trend };
}

export function Endpoints({ model, state, speech, size, rows }: RowsProps): ReactElement {
  const columns = columnsOf(size);
  const all = endpointRows(state);
  const chosen = chosenIndexOf(model, all);
  const first = windowOf(all.length, chosen, rows);
  const latencies = Object.values(model.samples).flatMap((samples) =>
    samples
      .slice(-columns.trend)
      .map(({ verdict }) => (verdict.status === 'ok' ? verdict.latencyMs : 0)),
  );
  const maxMs = Math.max(1, ...latencies);
  const shown = rows < all.length ? ` ${first + 1}–${first + rows}/${all.length}` : '';
  return h(
    Box,
    { flexDirection: 'column', marginTop: 1 },
    h(Head, { columns, shown, speech }),
    ...all.slice(first, first + rows).map((endpoint, index) =>
      h(Row, {
        key: endpoint.id,
        ...{ endpoint, model, state, speech, size, columns, maxMs },
        isChosen: first + index === chosen,
      }),
    ),
  );
}

interface HeadProps {
  readonly columns: Columns;
  /** The visible range of endpoints; empty if all are shown. */
  readonly shown: string;
  readonly speech: Speech;
}

function Head({ columns, shown, speech: { say } }: HeadProps): ReactElement {
  const head: TextProps = { dimColor: true };
  return h(
    Box,
    { gap: 1 },
    cell('', MARK_WIDTH, head),
    cell(`${say('column.endpoint')}${shown}`, columns.name, head),
    cell(say('column.state'), columns.state, head),
    cell(say('column.latency'), columns.latency, head, 'flex-end'),
    cell(say('column.score'), columns.score, head, 'flex-end'),
    cell(say('column.trend'), columns.trend, head),
    cell(say('column.success'), columns.success, head, 'flex-end'),
    cell(say('tui.column.requests'), columns.requests, head, 'flex-end'),
    cell(say('tui.column.sessions'), columns.sessions, head, 'flex-end'),
    cell(say('tui.column.next'), columns.next, head, 'flex-end'),
  );
}

interface RowProps extends StateProps {
  readonly endpoint: ApiEndpoint;
  readonly columns: Columns;
  readonly maxMs: number;
  readonly isChosen: boolean;
}

function Row(props: RowProps): ReactElement {
  const { endpoint, model, state, speech, columns, maxMs, isChosen } = props;
  const { numbers } = speech;
  const { successRatio } = endpoint;
  const look = LOOKS[roleOf(endpoint, state.selection)];
  const name: TextProps = { bold: isChosen, inverse: isChosen };
  const samples = model.samples[endpoint.id] ?? [];
  // If a row has no room for the state, the reason replaces the figures.
  const reason = columns.state === 0 ? reasonText(endpoint, speech) : undefined;
  const figures =
    reason === undefined
      ? [
          cell(latencyText(endpoint, speech), columns.latency, {}, 'flex-end'),
          cell(scoreText(endpoint, speech), columns.score, {}, 'flex-end'),
        ]
      : [cell(reason, columns.latency + columns.score + 1, { color: look.colour }, 'flex-end')];
  return h(
    Box,
    { gap: 1 },
    cell(`${isChosen ? '▸' : ' '} ${look.mark}`, MARK_WIDTH, { color: look.colour }),
    cell(endpoint.name, columns.name, name),
    cell(stateText(endpoint, model.epochMs, { state, speech }), columns.state, {
      color: look.colour,
    }),
    ...figures,
    cell(sparkline(samples, columns.trend, maxMs), columns.trend, { color: look.colour }),
    cell(
      successRatio === null ? '–' : numbers.percent(successRatio),
      columns.success,
      {},
      'flex-end',
    ),
    cell(numbers.count(endpoint.activeRequests), columns.requests, {}, 'flex-end'),
    cell(numbers.count(endpoint.sessions), columns.sessions, {}, 'flex-end'),
    cell(nextProbeText(endpoint, speech, model.epochMs), columns.next, {}, 'flex-end'),
  );
}
