/**
 * Draws the model. Uses plain `createElement`, because Node runs TypeScript without a build but not
 * JSX. Every cell has a fixed width and is truncated, so that wide characters never shift a column.
 */
import type { ApiRequest, ApiState } from '@zephyr/contract/api-state';
import {
  headlineOf,
  type Language,
  logLines,
  nameOf,
  nextOf,
  numbersOf,
  type Speech,
  servingOf,
  translator,
  whyOf,
} from '@zephyr/texts';
import { Box, type BoxProps, Text } from 'ink';
import { createElement as h, type ReactElement, useMemo } from 'react';

import { Endpoints } from './endpoint-table.ts';
import { HelpView } from './help-view.ts';
import type { Model } from './model.ts';
import { line, type ModelProps, type RowsProps, type Size, type StateProps } from './parts.ts';
import { noteText, promptText } from './prompts.ts';

const MIN_COLUMNS = 40;
const MIN_ROWS = 10;

export function View({
  model,
  size,
}: {
  readonly model: Model;
  readonly size: Size;
}): ReactElement {
  // Formatters are expensive to create, and the screen is redrawn every second.
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
    line([say('tui.header'), state?.version].join(' ').trimEnd(), { bold: true, color: 'cyan' }),
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

/** What is left of the nearest rate limit of the serving endpoint, where it names any. */
function limitOf(state: ApiState, nowMs: number, { say, numbers }: Speech): readonly string[] {
  const serving = state.endpoints.find(({ id }) => id === servingOf(state)?.id);
  const limits = serving?.rateLimits ?? [];
  const [nearest] = limits.toSorted((a, b) => a.remainingShare - b.remainingShare);
  if (nearest === undefined) return [];
  const share = numbers.percent(nearest.remainingShare);
  const duration = numbers.duration(Math.max(0, nearest.resetsAtMs - nowMs));
  return [say('limit.left', { kind: say(`limit.${nearest.kind}`), share, duration })];
}

function Now({ state, model, speech }: StateProps): ReactElement {
  const { say, numbers } = speech;
  const isDown = state.selection.status !== 'none' && servingOf(state) === undefined;
  const colour = isDown ? 'red' : state.selection.status === 'none' ? 'yellow' : 'green';
  const next = nextOf(state, speech, model.nowMs);
  const facts = [
    `${say('fact.nextProbe')} ${nextProbe(state, model.nowMs, speech)}`,
    `${say('fact.load')} ${say(`load.${state.load.level}`)}`,
    `${say('column.requests')} ${numbers.count(state.requests.total)}`,
    `${say('fact.sessions')} ${numbers.count(state.sessions.total)}`,
    ...limitOf(state, model.nowMs, speech),
    `${say('column.cost')} ${numbers.usd(state.cost.todayUsd)} (${say('cost.projected.short')} ${numbers.usd(state.cost.projectedUsd)})`,
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

function nextProbe(state: ApiState, nowMs: number, { say, numbers }: Speech): string {
  if (state.automation.status === 'paused') return say('probe.paused');
  if (state.endpoints.some(({ probe }) => probe.running)) return say('probe.now');
  const moments = state.endpoints.flatMap(({ probe }) => probe.nextAtMs ?? []);
  return moments.length === 0 ? '–' : numbers.duration(Math.min(...moments) - nowMs);
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
