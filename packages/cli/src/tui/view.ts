/**
 * Draws the model. Plain `createElement`, for Node runs TypeScript without a build but not JSX.
 * Every cell has a fixed width and is cut, so that wide characters never push a column aside.
 */
import type { ApiEndpoint, ApiRequest, ApiState } from '@zephyr/runtime/api';
import {
  headlineOf,
  type Language,
  logLines,
  nameOf,
  nextOf,
  numbersOf,
  type Role,
  roleOf,
  roleText,
  type Speech,
  servingOf,
  translator,
  whyOf,
} from '@zephyr/texts';
import { Box, type BoxProps, Text, type TextProps } from 'ink';
import { createElement as h, type ReactElement, type ReactNode, useMemo } from 'react';

import { HelpView } from './help-view.ts';
import { chosenOf, type Model, rowsOf } from './model.ts';
import { noteText, promptText } from './prompts.ts';
import { sparkline } from './sparkline.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const MIN_COLUMNS = 40;
const MIN_ROWS = 10;

export function View({
  model,
  size,
}: {
  readonly model: Model;
  readonly size: Size;
}): ReactElement {
  // Formatters are costly to make, and there is a picture each second.
  const speech = useMemo(() => speechOf(model.language), [model.language]);
  const frame: BoxProps = { width: size.columns, height: size.rows, flexDirection: 'column' };
  if (size.columns < MIN_COLUMNS || size.rows < MIN_ROWS) {
    return h(Box, frame, line(speech.say('tui.small')));
  }
  if (model.prompt.status === 'help') return h(Box, frame, h(HelpView, { speech }));
  return h(
    Box,
    { ...frame, paddingX: 1 },
    h(Header, { model, speech }),
    model.state === null
      ? h(Waiting, { model, speech })
      : h(Body, { model, state: model.state, speech, size }),
    h(Box, { flexGrow: 1 }),
    h(Footer, { model, speech, size }),
  );
}

function speechOf(language: Language): Speech {
  return { say: translator(language), numbers: numbersOf(language) };
}

/** One line that is cut where the terminal ends. */
function line(text: ReactNode, props: TextProps = {}): ReactElement {
  return h(Text, { wrap: 'truncate-end', ...props }, text);
}

interface ModelProps {
  readonly model: Model;
  readonly speech: Speech;
}

function Header({ model, speech: { say, numbers } }: ModelProps): ReactElement {
  const { link, nowMs, state } = model;
  const [colour, text] = ((): [string, string] => {
    switch (link.status) {
      case 'live':
        return state?.store.status === 'away'
          ? ['yellow', say('link.store', { time: numbers.time(state.store.sinceAtMs, nowMs) })]
          : ['green', say('link.live')];
      case 'stale':
        return ['red', say('link.stale', { time: numbers.time(link.lastAtMs, link.lastAtMs) })];
      case 'failed':
        return ['red', say('link.failed.controller')];
      case 'connecting':
        return ['yellow', say('link.connecting')];
    }
  })();
  const mode = state === null ? '' : say(`mode.${state.mode.kind}`);
  return h(
    Box,
    { justifyContent: 'space-between' },
    line(say('tui.header'), { bold: true, color: 'cyan' }),
    h(
      Box,
      { gap: 2 },
      line(`● ${text}`, { color: colour }),
      line(mode, { bold: true }),
      line(nowMs === 0 ? '' : numbers.time(nowMs, nowMs), { dimColor: true }),
    ),
  );
}

function Waiting({ model, speech: { say } }: ModelProps): ReactElement {
  const detail = model.link.status === 'failed' ? model.link.text : '';
  return h(
    Box,
    { flexDirection: 'column', marginTop: 1 },
    line(say('tui.waiting', { url: model.url })),
    detail === '' ? null : line(detail, { color: 'red' }),
  );
}

interface StateProps extends ModelProps {
  readonly state: ApiState;
  readonly size: Size;
}

/** Header, footer, the sentences, the facts, the head of the table, and a blank line each. */
const FIXED_ROWS = 10;

function Body(props: StateProps): ReactElement {
  const { state, size } = props;
  const free = Math.max(0, size.rows - FIXED_ROWS);
  const endpoints = Math.min(state.endpoints.length, free);
  const rest = Math.max(0, free - endpoints);
  const requests = Math.min(state.requests.items.length, Math.max(0, Math.floor(rest / 2) - 1));
  const entries = Math.max(0, rest - (requests === 0 ? 0 : requests + 1) - 2);
  return h(
    Box,
    { flexDirection: 'column' },
    h(Now, props),
    h(Endpoints, { ...props, rows: endpoints }),
    requests === 0 ? null : h(Requests, { ...props, rows: requests }),
    entries === 0 ? null : h(Events, { ...props, rows: entries }),
  );
}

function Now({ state, model, speech }: StateProps): ReactElement {
  const { say, numbers } = speech;
  const isDown = state.selection.status !== 'none' && servingOf(state) === undefined;
  const colour = isDown ? 'red' : state.selection.status === 'none' ? 'yellow' : 'green';
  const next = nextOf(state, speech, model.nowMs);
  const facts = [
    `${say('fact.nextCheck')} ${nextCheck(state, model.nowMs, speech)}`,
    `${say('fact.load')} ${say(`load.${state.load.level}`)}`,
    `${say('column.requests')} ${numbers.count(state.requests.total)}`,
    `${say('fact.sessions')} ${numbers.count(state.sessions.total)}`,
    `${say('column.cost')} ${numbers.usd(state.cost.todayUsd)}`,
  ];
  return h(
    Box,
    { flexDirection: 'column' },
    line(headlineOf(state, say), { bold: true, color: colour }),
    line(whyOf(state, speech)),
    line(next === '' ? ' ' : `→ ${next}`, { dimColor: true }),
    line(facts.join('  ')),
  );
}

function nextCheck(state: ApiState, nowMs: number, { say, numbers }: Speech): string {
  if (state.automation.status === 'paused') return say('probe.paused');
  if (state.endpoints.some(({ probe }) => probe.running)) return say('check.now');
  const moments = state.endpoints.flatMap(({ probe }) => probe.nextAtMs ?? []);
  return moments.length === 0 ? '–' : numbers.duration(Math.min(...moments) - nowMs);
}

/** Widths of the columns that do not share what is left; 0 leaves a column out. */
const WIDTHS = { state: 13, score: 8, success: 7, requests: 4, next: 7 } as const;
/** Left out in this order where there is no room. */
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

interface RowsProps extends StateProps {
  readonly rows: number;
}

function Endpoints({ model, state, speech, size, rows }: RowsProps): ReactElement {
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
  return h(
    Box,
    { flexDirection: 'column', marginTop: 1 },
    h(
      Box,
      { gap: 1 },
      cell('', MARK_WIDTH, head),
      cell(say('column.endpoint'), columns.name, head),
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
    cell(checkText(endpoint, model.nowMs, { say, numbers }), columns.next, {}, 'flex-end'),
  );
}

function stateText({ endpoint, state, model, speech }: RowProps): string {
  const { say, numbers } = speech;
  const { removal } = endpoint;
  if (endpoint.enabled && (removal.status === 'ejected' || removal.status === 'cooling_down')) {
    return `${say(`unavailable.${removal.status}`)} ${numbers.duration(removal.untilAtMs - model.nowMs)}`;
  }
  return roleText(endpoint, state.selection, say);
}

function checkText({ probe }: ApiEndpoint, nowMs: number, { say, numbers }: Speech): string {
  if (probe.running) return say('check.now');
  return probe.nextAtMs === null ? '–' : numbers.duration(probe.nextAtMs - nowMs);
}

function Requests({ model, state, speech, rows }: RowsProps): ReactElement {
  const { say, numbers } = speech;
  const oldest = state.requests.items
    .toSorted((left, right) => left.startedAtMs - right.startedAtMs)
    .slice(0, rows);
  const describe = (request: ApiRequest) =>
    [
      numbers.duration(model.nowMs - request.startedAtMs).padStart(6),
      say(`phase.${request.phase}`),
      nameOf(state, request.endpointId),
      request.client ?? '',
    ].join('  ');
  return h(
    Box,
    { flexDirection: 'column' },
    line(`${say('requests.title')} ${numbers.count(state.requests.total)}`, { dimColor: true }),
    ...oldest.map((request) =>
      h(Text, { key: request.id, wrap: 'truncate-end' }, describe(request)),
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
        h(Text, { dimColor: true }, `${numbers.time(entry.atMs, model.nowMs)}  `),
        count === 1 ? text : `${text} × ${numbers.count(count)}`,
      ),
    ),
  );
}

function Footer({ model, speech, size }: ModelProps & { readonly size: Size }): ReactElement {
  const asked = promptText(model, speech.say);
  if (asked !== undefined) return line(asked, { inverse: true, bold: true });
  const note = noteText(model, speech.say);
  if (note !== undefined) return line(note.text, { color: note.colour });
  const isNarrow = size.columns < 72;
  return line(speech.say(isNarrow ? 'tui.keys.short' : 'tui.keys'), { dimColor: true });
}
