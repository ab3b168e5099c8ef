/** Types and helpers that the components share. */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ApiState } from '@zephyr/contract/api/api-state';
import type { Speech } from '@zephyr/texts';
import { Box, type BoxProps, Text, type TextProps } from 'ink';
import { createElement as h, type ReactElement, type ReactNode } from 'react';

import { chosenOf, type Model } from '../model.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface ModelProps {
  readonly model: Model;
  readonly speech: Speech;
}

export interface StateProps extends ModelProps {
  readonly state: ApiState;
  readonly size: Size;
}

/** For a component with a given number of rows. */
export interface RowsProps extends StateProps {
  readonly rows: number;
}

/** Width of the column with the cursor and the endpoint's mark. */
export const MARK_WIDTH = 3;

/** One line, truncated at the edge of the terminal. */
export function line(text: ReactNode, props: TextProps = {}): ReactElement {
  return h(Text, { wrap: 'truncate-end', ...props }, text);
}

/** A table cell: always as wide as its column; a column of width 0 is hidden. */
export function cell(
  text: string,
  width: number,
  props: TextProps = {},
  justifyContent: BoxProps['justifyContent'] = 'flex-start',
): ReactElement | null {
  if (width === 0) return null;
  return h(Box, { width, flexShrink: 0, justifyContent }, line(text, props));
}

export function chosenIndexOf(model: Model, all: readonly ApiEndpoint[]): number {
  return all.findIndex(({ id }) => id === chosenOf(model)?.id);
}

/** The first visible index, so that the chosen one is visible. */
export function windowOf(total: number, chosen: number, room: number): number {
  return Math.max(0, Math.min(chosen - room + 1, total - room));
}
