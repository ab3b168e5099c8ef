/** Text redrawn in place: overflow would scroll and leave a copy behind each time. */
import { shortened, wrapped } from '../../tui/draw/fit.ts';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

const MAX_LINES_OF_SENTENCE = 4;

/**
 * Sentences are wrapped, table rows truncated. The last row stays free for the cursor.
 * @param more says how many lines are left out
 */
export function screenful(
  text: string,
  { columns, rows }: Screen,
  more: (count: number) => string,
): string {
  const lines = text.split('\n').flatMap((line) => fitting(line, columns));
  const room = Math.max(1, rows - 1);
  if (lines.length <= room) return lines.join('\n');
  const shown = lines.slice(0, room - 1);
  return [...shown, shortened(more(lines.length - shown.length), columns)].join('\n');
}

/** Columns are separated by two spaces. */
function fitting(line: string, columns: number): readonly string[] {
  const isRow = /\S {2,}\S/.test(line);
  return isRow ? [shortened(line, columns)] : wrapped(line, columns, MAX_LINES_OF_SENTENCE);
}
