import type { UsageLine, UsageReport } from '@zephyr/contract/usage';

const COLUMNS = [
  ...(['person', 'endpoint', 'model', 'day', 'hour', 'requests', 'failed'] as const),
  ...(['input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens'] as const),
  ...(['cache_write_1h_tokens', 'cost_usd', 'unpriced', 'incomplete'] as const),
  'possibly_billed_twice',
] as const satisfies readonly (keyof UsageLine)[];

/** RFC 4180. What was added up is empty. */
export function usageCsv({ rows }: UsageReport): string {
  const lines = rows.map((row) => COLUMNS.map((column) => cellOf(row[column])).join(','));
  return [COLUMNS.join(','), ...lines, ''].join('\r\n');
}

function cellOf(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // Spreadsheets would run it: names of models come from clients.
  const text = /^[=+@\t\r-]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
