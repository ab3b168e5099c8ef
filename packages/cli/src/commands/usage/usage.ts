/** `zephyr usage` and `zephyr usage export`: who used what. */

import type { UsageParams } from '@zephyr/contract/api/api-query';
import { OTHER } from '@zephyr/contract/reserved-names';
import type { Budget } from '@zephyr/contract/usage/people-limits';
import {
  NAMED_DIMENSIONS,
  TIME_DIMENSIONS,
  type UsageFigures,
  type UsageReport,
} from '@zephyr/contract/usage/usage';
import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import { usageName } from '@zephyr/texts';

import {
  type AdminOptions,
  type AdminSession,
  openSession,
  printed,
} from '../../admin/admin-session.ts';
import { renderTable } from '../../output/table.ts';

export interface UsageOptions extends AdminOptions, UsageParams {}

export interface ExportOptions extends UsageOptions {
  readonly csv?: boolean;
}

const DEFAULT_BY = 'person';
const COLUMNS = [...TIME_DIMENSIONS, ...NAMED_DIMENSIONS];

export async function showUsage(options: UsageOptions, environment: Environment): Promise<string> {
  const session = openSession(options, environment);
  // Programs do their own sums.
  const { by = options.json === true ? undefined : DEFAULT_BY, since, until } = options;
  const [report, { budgets }] = await Promise.all([
    session.client.usage({ by, since, until }),
    session.client.budgets(),
  ]);
  const text = [renderUsage(report, session), renderBudgets(budgets, session)];
  return printed(options, { ...report, budgets }, text.filter(Boolean).join('\n\n'));
}

/**
 * @param warn receives notes that a CSV cannot hold
 * @throws ZephyrError `USAGE` unless there is one format
 */
export async function exportUsage(
  options: ExportOptions,
  environment: Environment,
  warn: (line: string) => void,
): Promise<string> {
  const session = openSession(options, environment);
  const { client, say } = session;
  const { by, since, until } = options;
  const query = { by, since, until };
  if ((options.csv === true) === (options.json === true)) {
    throw new ZephyrError('USAGE', say('cli.error.exportFormat'), {
      advice: [say('cli.error.exportFormat.advice')],
    });
  }
  const { text, removed_before } = await client.usageText(query, options.csv ? 'csv' : 'json');
  for (const note of removedNote({ removed_before }, session)) warn(note);
  return text.trimEnd();
}

function renderUsage(report: UsageReport, session: AdminSession): string {
  const { say } = session;
  const [first] = report.rows;
  if (first === undefined) {
    return [say('usage.empty'), ...removedNote(report, session)].join('\n\n');
  }
  const shown = COLUMNS.filter((dimension) => first[dimension] !== null);
  const head = [
    ...shown.map((dimension) => say(`usage.${dimension}`)),
    ...[say('usage.requests'), say('usage.failed'), say('usage.input'), say('usage.output')],
    ...[say('usage.cacheRead'), say('usage.cacheWrite'), say('usage.cost')],
  ];
  const rows = report.rows.map((line) => [
    ...shown.map((dimension) => usageName(dimension, line[dimension] ?? '', say)),
    ...cellsOf(line, session),
  ]);
  const blanks = Array.from({ length: Math.max(0, shown.length - 1) }, () => '');
  const total = [say('usage.total'), ...blanks, ...cellsOf(report.total, session)];
  // Without dimensions the only row is the total.
  const table = shown.length === 0 ? [cellsOf(report.total, session)] : [...rows, total];
  return [renderTable(head, table), ...notesOf(report, session)].join('\n\n');
}

/** For the current periods, whatever range the report covers. */
function renderBudgets(budgets: readonly Budget[], { say, numbers }: AdminSession): string {
  if (budgets.length === 0) return '';
  const head = [
    ...[say('budget.name'), say('budget.period'), say('budget.left'), say('budget.used')],
    ...[say('budget.budget'), say('budget.granted'), say('budget.resets')],
  ];
  const rows = budgets.map((budget) => [
    usageName('person', budget.name, say),
    say(`period.${budget.period}`),
    ...[budget.left_usd, budget.used_usd, budget.budget_usd, budget.granted_usd].map(numbers.usd),
    `${numbers.utcMinute(budget.resets_at)} UTC`,
  ]);
  return renderTable(head, rows);
}

function cellsOf(figures: UsageFigures, { numbers }: Pick<AdminSession, 'numbers'>): string[] {
  return [
    ...[figures.requests, figures.failed, figures.input_tokens, figures.output_tokens].map(
      numbers.count,
    ),
    ...[figures.cache_read_tokens, figures.cache_write_tokens].map(numbers.count),
    numbers.usd(figures.cost_usd),
  ];
}

/** A partial sum must not look complete. */
export function removedNote(
  { removed_before: removedBefore }: Pick<UsageReport, 'removed_before'>,
  { say, numbers }: Pick<AdminSession, 'say' | 'numbers'>,
): string[] {
  // Older controllers do not report it.
  if (typeof removedBefore !== 'string') return [];
  return [say('usage.note.removed', { moment: numbers.utcMinute(removedBefore) })];
}

function notesOf(report: UsageReport, session: Pick<AdminSession, 'say' | 'numbers'>): string[] {
  const { rows, total } = report;
  const { say } = session;
  const { unpriced, incomplete, possibly_billed_twice: billedTwice } = total;
  const hasOther = rows.some((line) => COLUMNS.some((each) => line[each] === OTHER));
  return [
    ...removedNote(report, session),
    ...(unpriced > 0 ? [say('usage.note.unpriced', { count: unpriced })] : []),
    ...(incomplete > 0 ? [say('usage.note.incomplete', { count: incomplete })] : []),
    ...(billedTwice > 0 ? [say('usage.note.billedTwice', { count: billedTwice })] : []),
    ...(hasOther ? [say('usage.note.other')] : []),
  ];
}
