/** Types and helpers that the components share. */
import type { ApiState } from '@zephyr/contract/api-state';
import type { Speech } from '@zephyr/texts';
import { Text, type TextProps } from 'ink';
import { createElement as h, type ReactElement, type ReactNode } from 'react';

import type { Model } from './model.ts';

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

/** For a component that gets a number of rows of the screen. */
export interface RowsProps extends StateProps {
  readonly rows: number;
}

/** One line, truncated at the edge of the terminal. */
export function line(text: ReactNode, props: TextProps = {}): ReactElement {
  return h(Text, { wrap: 'truncate-end', ...props }, text);
}
