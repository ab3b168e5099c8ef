/**
 * Many endpoints side by side, best first from top to bottom: name, latency and score, or why it
 * cannot serve. 24 of them fit on 80 × 24.
 */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import { roleOf } from '@zephyr/texts';
import { Box, type TextProps } from 'ink';
import { createElement as h, type ReactElement } from 'react';
import { endpointRows } from '../model.ts';
import { LOOKS, latencyText, reasonText, scoreText } from './endpoint-cells.ts';
import {
  cell,
  chosenIndexOf,
  MARK_WIDTH,
  type RowsProps,
  type StateProps,
  windowOf,
} from './parts.ts';

const FIGURE_WIDTH = 8;
const MIN_WIDTH = 38;
const GAP = 2;

/** Number of endpoints side by side. */
export function sideBySide(columns: number): number {
  return Math.max(1, Math.floor((columns - 2 + GAP) / (MIN_WIDTH + GAP)));
}

export function DenseEndpoints(props: RowsProps): ReactElement {
  const { model, state, speech, size, rows } = props;
  const all = endpointRows(state);
  const count = sideBySide(size.columns);
  const chosen = chosenIndexOf(model, all);
  const first = windowOf(all.length, chosen, rows * count);
  const shown = all.slice(first, first + rows * count);
  const isPart = shown.length < all.length;
  const part = isPart ? ` ${first + 1}–${first + shown.length}/${all.length}` : ` ${all.length}`;
  const width = Math.floor((size.columns - 2 + GAP) / count) - GAP;
  const columns = Array.from({ length: Math.ceil(shown.length / rows) }, (_, index) => index);
  const head: TextProps = { dimColor: true };
  return h(
    Box,
    { gap: GAP, marginTop: 1 },
    ...columns.map((column) =>
      h(
        Box,
        { key: column, width, flexShrink: 0, flexDirection: 'column' },
        h(
          Box,
          { gap: 1 },
          cell('', MARK_WIDTH, head),
          cell(
            `${speech.say('column.endpoint')}${column === 0 ? part : ''}`,
            nameWidth(width),
            head,
          ),
          cell(speech.say('column.latency'), FIGURE_WIDTH, head, 'flex-end'),
          cell(speech.say('column.score'), FIGURE_WIDTH, head, 'flex-end'),
        ),
        ...shown.slice(column * rows, (column + 1) * rows).map((endpoint, index) =>
          h(DenseRow, {
            key: endpoint.id,
            ...{ model, state, speech, size, endpoint, width },
            isChosen: first + column * rows + index === chosen,
          }),
        ),
      ),
    ),
  );
}

function nameWidth(width: number): number {
  return width - MARK_WIDTH - 2 * FIGURE_WIDTH - 3;
}

interface DenseRowProps extends StateProps {
  readonly endpoint: ApiEndpoint;
  readonly width: number;
  readonly isChosen: boolean;
}

function DenseRow({ endpoint, state, speech, width, isChosen }: DenseRowProps): ReactElement {
  const look = LOOKS[roleOf(endpoint, state.selection)];
  const reason = reasonText(endpoint, speech);
  const figures =
    reason === undefined
      ? [
          cell(latencyText(endpoint, speech), FIGURE_WIDTH, {}, 'flex-end'),
          cell(scoreText(endpoint, speech), FIGURE_WIDTH, {}, 'flex-end'),
        ]
      : [cell(reason, 2 * FIGURE_WIDTH + 1, { color: look.colour }, 'flex-end')];
  return h(
    Box,
    { gap: 1 },
    cell(`${isChosen ? '▸' : ' '} ${look.mark}`, MARK_WIDTH, { color: look.colour }),
    cell(endpoint.name, nameWidth(width), { bold: isChosen, inverse: isChosen }),
    ...figures,
  );
}
