/** Distributes the rows of the screen. Pure. */
import { sideBySide } from './dense-table.ts';
import type { NowLine } from './now-lines.ts';
import type { Size } from './parts.ts';

export const MIN_SIZE = { columns: 40, rows: 10 } as const satisfies Size;

/** Whether a sentence that says so is shown instead. */
export function isTooSmall({ columns, rows }: Size): boolean {
  return columns < MIN_SIZE.columns || rows < MIN_SIZE.rows;
}

/** Header and footer. */
const FRAME_ROWS = 2;
/** A blank line and the table header. */
const HEAD_ROWS = 2;

export interface LayoutInput {
  readonly size: Size;
  readonly endpoints: number;
  /** The content above and below the table. */
  readonly around: (isRoomy: boolean) => {
    readonly now: readonly NowLine[];
    readonly detail: readonly string[];
  };
}

export interface Layout {
  readonly now: readonly NowLine[];
  readonly detail: readonly string[];
  readonly isDense: boolean;
  /** For the table of endpoints. */
  readonly rows: number;
  /** For the lists below it. */
  readonly free: number;
}

/**
 * Picks the first of these that shows all endpoints: multi-line sentences, one-line sentences, and both with
 * endpoints side by side. Otherwise the last, which scrolls.
 */
export function layoutOf({ size, endpoints, around }: LayoutInput): Layout {
  const count = sideBySide(size.columns);
  const tries = [
    { isRoomy: true, isDense: false },
    { isRoomy: false, isDense: false },
    ...(count === 1
      ? []
      : [
          { isRoomy: true, isDense: true },
          { isRoomy: false, isDense: true },
        ]),
  ];
  let layout: Layout | undefined;
  for (const { isRoomy, isDense } of tries) {
    const { now, detail } = around(isRoomy);
    const room = size.rows - FRAME_ROWS - HEAD_ROWS - now.length - detail.length;
    const wanted = isDense ? Math.ceil(endpoints / count) : endpoints;
    const rows = Math.max(1, Math.min(wanted, room));
    layout = { now, detail, isDense, rows, free: Math.max(0, room - rows) };
    if (wanted <= room) return layout;
  }
  return fitted(layout ?? { now: [], detail: [], isDense: false, rows: 0, free: 0 }, size);
}

/** The row of the selected endpoint is worth more than the sentences around the table. */
function fitted(layout: Layout, size: Size): Layout {
  const room = size.rows - FRAME_ROWS - HEAD_ROWS - layout.rows;
  const now = layout.now.slice(0, Math.max(1, room));
  const detail = layout.detail.slice(0, Math.max(0, room - now.length));
  return { ...layout, now, detail };
}
