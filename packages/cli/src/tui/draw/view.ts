/**
 * Draws the model. Uses plain `createElement`, because Node runs TypeScript without a build but not
 * JSX. Every cell has a fixed width and is truncated, so that wide characters never shift a column.
 */
import { type Language, numbersOf, type Speech, storeText, translator } from '@zephyr/texts';
import { Box, type BoxProps, Text } from 'ink';
import { createElement as h, type ReactElement, useMemo } from 'react';
import stringWidth from 'string-width';
import { chosenOf, type Model } from '../model.ts';
import { noteText, promptText } from '../prompts.ts';
import { DenseEndpoints } from './dense-table.ts';
import { detailText } from './endpoint-cells.ts';
import { Endpoints } from './endpoint-table.ts';
import { wrapped } from './fit.ts';
import { HelpView } from './help-view.ts';
import { isTooSmall, layoutOf, MIN_SIZE } from './layout.ts';
import { Lists } from './lists.ts';
import { type NowLine, nowLines } from './now-lines.ts';
import { line, type ModelProps, type Size, type StateProps } from './parts.ts';

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
  if (isTooSmall(size)) {
    return h(Box, frame, line(speech.say('tui.small', MIN_SIZE)));
  }
  if (model.prompt.status === 'help') return h(Box, frame, h(HelpView, { speech }));
  return h(
    Box,
    { ...frame, paddingX: 1 },
    h(Header, { model, speech, size }),
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

function Header({
  model,
  speech: { say, numbers },
  size,
}: ModelProps & { readonly size: Size }): ReactElement {
  const { link, epochMs, state } = model;
  const [colour, text] = ((): [string, string] => {
    switch (link.status) {
      case 'live':
        return state === null || state.store.status === 'connected'
          ? ['green', say('link.live')]
          : ['yellow', storeText(state.store, epochMs, { say, numbers })];
      case 'stale':
        return ['red', say('link.stale', { time: numbers.time(link.lastAtMs, link.lastAtMs) })];
      case 'failed':
        return ['red', say('link.failed.controller')];
      case 'connecting':
        return ['yellow', say('link.connecting')];
    }
  })();
  const mode = state === null ? '' : say(`mode.${state.mode.kind}`);
  const time = epochMs === 0 ? '' : numbers.time(epochMs, epochMs);
  const width = size.columns - 2;
  const needed = stringWidth(`● ${text}  ${mode}  `);
  const title = [say('tui.header'), state?.version].join(' ').trimEnd();
  // The longest that fits: the name with the version, the time, the name alone.
  const isFitting = (...parts: readonly string[]) => stringWidth(parts.join('')) + needed < width;
  const begin = [title, say('tui.header')].find((each) => isFitting(each, time)) ?? '';
  const hasTime = isFitting(begin, time);
  return h(
    Box,
    { justifyContent: 'space-between' },
    line(begin, { bold: true, color: 'cyan' }),
    h(
      Box,
      { gap: 2 },
      line(`● ${text}`, { color: colour }),
      mode === '' ? null : line(mode, { bold: true }),
      hasTime ? line(time, { dimColor: true }) : null,
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

function Body(props: StateProps): ReactElement {
  const { state, size, model, speech } = props;
  const width = size.columns - 2;
  const chosen = chosenOf(model);
  const { now, detail, isDense, rows, free } = layoutOf({
    size,
    endpoints: state.endpoints.length,
    around: (isRoomy) => ({
      now: nowLines({ state, epochMs: model.epochMs, speech, width, isRoomy }),
      detail:
        chosen === undefined
          ? []
          : wrapped(`▸ ${detailText(chosen, model.epochMs, speech)}`, width, isRoomy ? 2 : 1),
    }),
  });
  return h(
    Box,
    { flexDirection: 'column' },
    ...now.map((each) => h(Sentence, { key: each.text, line: each })),
    h(isDense ? DenseEndpoints : Endpoints, { ...props, rows }),
    ...detail.map((each) => h(Text, { key: each, dimColor: true, wrap: 'truncate-end' }, each)),
    h(Lists, { ...props, free }),
  );
}

function Sentence({ line: { text, props, end } }: { readonly line: NowLine }): ReactElement {
  return h(
    Box,
    { justifyContent: 'space-between' },
    line(text, props),
    end === undefined ? null : line(end, { ...props, bold: false }),
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
