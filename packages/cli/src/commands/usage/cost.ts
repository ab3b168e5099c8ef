/**
 * `zephyr cost`: what probes cost today, what live traffic saved, and the cost of past days. The costs come
 * from the ledger, as in `zephyr usage`; the leader's own count, on which it decides, lacks results that
 * arrived too late for a decision.
 */
import type { ApiEndpoint } from '@zephyr/contract/api/api-endpoint';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { PROBES } from '@zephyr/contract/reserved-names';
import type { UsageFigures, UsageReport } from '@zephyr/contract/usage/usage';
import type { Environment } from '@zephyr/runtime/environment';

import {
  type AdminOptions,
  type AdminSession,
  openSession,
  printed,
} from '../../admin/admin-session.ts';
import { renderTable } from '../../output/table.ts';
import { removedNote } from './usage.ts';

export interface CostOptions extends AdminOptions {
  /** The last days instead of today's details. */
  readonly days?: number;
}

type Probes = ApiEndpoint['probe'];
type ProbesToday = Probes['today'];
type CostsToday = ApiState['cost'];

export interface EndpointCost extends Pick<Probes, 'style'>, ProbesToday {
  readonly endpointId: string;
  readonly name: string;
}

export interface CostToday extends CostsToday {
  readonly endpoints: readonly EndpointCost[];
}

export async function cost(options: CostOptions, environment: Environment): Promise<string> {
  const session = openSession(options, environment);
  if (options.days !== undefined) return await costOfDays(options.days, options, session);
  const state = await session.client.state();
  const ledger = await session.client.usage({ by: 'person,endpoint', since: '1d' });
  const today = costToday(state, ledger);
  return printed(options, today, renderToday(today, session));
}

/** @param ledger of today, by person and endpoint */
export function costToday({ cost: known, endpoints }: ApiState, ledger: UsageReport): CostToday {
  const rows = ledger.rows.filter(({ person }) => person === PROBES);
  // An endpoint removed from the configuration today has a cost, too.
  const todayUsd = rows.reduce((sum, { cost_usd: usd }) => sum + usd, 0);
  return {
    todayUsd,
    projectedUsd: known.projectedUsd - known.todayUsd + todayUsd,
    savedUsd: known.savedUsd,
    budgetUsd: known.budgetUsd,
    endpoints: endpoints.map(({ id, name, probe }) => {
      const row = rows.find(({ endpoint }) => endpoint === id);
      return {
        ...{ endpointId: id, name, style: probe.style, saved: probe.today.saved },
        probes: row?.requests ?? 0,
        inputTokens: row === undefined ? 0 : inputOf(row),
        outputTokens: row?.output_tokens ?? 0,
        costUsd: row?.cost_usd ?? 0,
      };
    }),
  };
}

function inputOf({ input_tokens: input, ...cache }: UsageFigures): number {
  return input + cache.cache_read_tokens + cache.cache_write_tokens;
}

function renderToday(today: CostToday, { say, numbers }: AdminSession): string {
  const { todayUsd, projectedUsd, savedUsd, budgetUsd } = today;
  const rows = today.endpoints.map(({ name, style, probes, saved, ...spent }) => [
    ...[name, say(`style.${style}`), String(probes), String(saved)],
    `${spent.inputTokens} / ${spent.outputTokens}`,
    numbers.usd(spent.costUsd),
  ]);
  const facts = [
    [say('cost.today'), numbers.usd(todayUsd)],
    [say('cost.projected'), numbers.usd(projectedUsd)],
    [say('cost.saved'), numbers.usd(savedUsd)],
    ...(budgetUsd === null ? [] : [[say('cost.budget'), numbers.usd(budgetUsd)]]),
  ];
  const head = [say('cost.title'), '', say('cost.probes'), say('cost.saved')];
  return [
    renderTable([...head, say('cost.tokens'), say('cost.today')], rows),
    facts.map(([name, value]) => `${name}: ${value}`).join('\n'),
  ].join('\n\n');
}

/** Newest first; a day without a probe has no line. */
async function costOfDays(
  days: number,
  options: CostOptions,
  session: AdminSession,
): Promise<string> {
  const { say, numbers } = session;
  const report = await session.client.usage({ by: 'person,day', since: `${days}d` });
  const { rows } = report;
  const ofProbes = rows
    .filter(({ person }) => person === PROBES)
    .map((row) => ({
      ...{ day: row.day, probes: row.requests, costUsd: row.cost_usd },
      ...{ inputTokens: inputOf(row), outputTokens: row.output_tokens },
    }))
    .toReversed();
  const head = ['UTC', say('cost.probes'), say('cost.tokens'), say('cost.title')];
  const cells = ofProbes.map(({ day, probes, inputTokens, outputTokens, costUsd }) => [
    ...[day ?? '', String(probes), `${inputTokens} / ${outputTokens}`],
    numbers.usd(costUsd),
  ]);
  const text = [renderTable(head, cells), ...removedNote(report, session)];
  return printed(options, ofProbes, text.join('\n\n'));
}
