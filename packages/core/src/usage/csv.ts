import type { UsageLine } from '@zephyr/contract/usage/usage';

const COLUMNS = [
  ...(['person', 'endpoint', 'model', 'day', 'hour', 'requests', 'failed'] as const),
  ...(['input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens'] as const),
  ...(['cache_write_1h_tokens', 'cost_usd', 'unpriced', 'incomplete'] as const),
  'possibly_billed_twice',
] as const satisfies readonly (keyof UsageLine)[];

/** RFC 4180. */
export const USAGE_CSV_HEAD = `${COLUMNS.join(',')}\r\n`;

/** Dimensions that were summed over are empty. */
export function usageCsvLines(rows: readonly UsageLine[]): string {
  return rows
    .map((row) => `${COLUMNS.map((column) => cellOf(row[column])).join(',')}\r\n`)
    .join('');
}

function cellOf(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // Spreadsheets would execute it: model names come from clients.
  const text = /^[=+@\t\r-]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
