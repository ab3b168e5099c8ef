/** The table of endpoints: its columns, and as many rows around the chosen one as fit. */
import type { ApiEndpoint } from '@zephyr/contract/api-endpoint';
import type { ApiState } from '@zephyr/contract/api-state';
import { type Role, roleOf, roleText, type Speech } from '@zephyr/texts';
import { Box, type BoxProps, type TextProps } from 'ink';
import { createElement as h, type ReactElement } from 'react';

import { chosenOf, rowsOf } from './model.ts';
import { line, type ModelProps, type RowsProps, type Size } from './parts.ts';
import { sparkline } from './sparkline.ts';

/** Fixed column widths; 0 hides a column. The other columns share the rest. */
const WIDTHS = { state: 13, score: 8, success: 7, requests: 4, next: 7 } as const;
/** Hidden in this order when there is no room. */
const DISPENSABLE = ['success', 'requests', 'next'] as const;
const MARK_WIDTH = 3;
const MIN_NAME = 10;
const MAX_NAME = 28;
const MIN_TREND = 5;

type Columns = Readonly<Record<keyof typeof WIDTHS | 'name' | 'trend', number>>;

function columnsOf(size: Size): Columns {
  const widths: Record<keyof typeof WIDTHS, number> = { ...WIDTHS };
  // Without the padding of the frame; each column but the last is followed by a gap.
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
  const { say } = speech;
  const columns = columnsOf(size);
  const all = rowsOf(state);
  const chosen = all.findIndex(({ id }) => id === chosenOf(model)?.id);
  // The chosen row is always in sight.
  const first = Math.max(0, Math.min(chosen - rows + 1, all.length - rows));
  const latencies = Object.values(model.samples).flatMap((samples) =>
    samples
      .slice(-columns.trend)
      .map(({ verdict }) => (verdict.status === 'ok' ? verdict.latencyMs : 0)),
  );
  const maxMs = Math.max(1, ...latencies);
  const head: TextProps = { dimColor: true };
  const shown = rows < all.length ? ` ${first + 1}–${first + rows}/${all.length}` : '';
  return h(
    Box,
    { flexDirection: 'column', marginTop: 1 },
    h(
      Box,
      { gap: 1 },
      cell('', MARK_WIDTH, head),
      cell(`${say('column.endpoint')}${shown}`, columns.name, head),
      cell(say('column.state'), columns.state, head),
      cell(say('column.score'), columns.score, head, 'flex-end'),
      cell(say('column.trend'), columns.trend, head),
      cell(say('column.success'), columns.success, head, 'flex-end'),
      cell('#', columns.requests, head, 'flex-end'),
      cell('↻', columns.next, head, 'flex-end'),
    ),
    ...all.slice(first, first + rows).map((endpoint, index) =>
      h(Row, {
        key: endpoint.id,
        endpoint,
        model,
        state,
        speech,
        columns,
        maxMs,
        isChosen: first + index === chosen,
      }),
    ),
  );
}

function cell(
  text: string,
  width: number,
  props: TextProps = {},
  justifyContent: BoxProps['justifyContent'] = 'flex-start',
): ReactElement | null {
  if (width === 0) return null;
  return h(Box, { width, flexShrink: 0, justifyContent }, line(text, props));
}

const LOOKS: Readonly<Record<Role, { readonly mark: string; readonly colour: string }>> = {
  serving: { mark: '●', colour: 'green' },
  next: { mark: '▶', colour: 'cyan' },
  draining: { mark: '◐', colour: 'cyan' },
  fallback: { mark: '○', colour: 'white' },
  off: { mark: '-', colour: 'gray' },
  down: { mark: '×', colour: 'red' },
};

interface RowProps extends ModelProps {
  readonly endpoint: ApiEndpoint;
  readonly state: ApiState;
  readonly columns: Columns;
  readonly maxMs: number;
  readonly isChosen: boolean;
}

function Row(props: RowProps): ReactElement {
  const { endpoint, model, state, columns, maxMs, isChosen } = props;
  const { say, numbers } = props.speech;
  const { score, successRatio } = endpoint;
  const look = LOOKS[roleOf(endpoint, state.selection)];
  const name: TextProps = { bold: isChosen, inverse: isChosen };
  const samples = model.samples[endpoint.id] ?? [];
  return h(
    Box,
    { gap: 1 },
    cell(`${isChosen ? '▸' : ' '} ${look.mark}`, MARK_WIDTH, { color: look.colour }),
    cell(endpoint.name, columns.name, name),
    cell(stateText(props), columns.state, { color: look.colour }),
    cell(
      score.status === 'known' ? numbers.latency(score.totalMs) : '–',
      columns.score,
      {},
      'flex-end',
    ),
    cell(sparkline(samples, columns.trend, maxMs), columns.trend, { color: look.colour }),
    cell(
      successRatio === null ? '–' : numbers.percent(successRatio),
      columns.success,
      {},
      'flex-end',
    ),
    cell(numbers.count(endpoint.activeRequests), columns.requests, {}, 'flex-end'),
    cell(nextProbeText(endpoint, model.nowMs, { say, numbers }), columns.next, {}, 'flex-end'),
  );
}

function stateText({ endpoint, state, model, speech }: RowProps): string {
  const { say, numbers } = speech;
  const { ejection, unavailable } = endpoint;
  if (endpoint.enabled && ejection.status === 'ejected') {
    const code = unavailable.includes('cooling_down') ? 'cooling_down' : 'ejected';
    return `${say(`unavailable.${code}`)} ${numbers.duration(ejection.untilAtMs - model.nowMs)}`;
  }
  return roleText(endpoint, state.selection, say);
}

function nextProbeText({ probe }: ApiEndpoint, nowMs: number, { say, numbers }: Speech): string {
  if (probe.running) return say('probe.now');
  return probe.nextAtMs === null ? '–' : numbers.duration(probe.nextAtMs - nowMs);
}
