/** Who used what: figures of today, 7 or 30 days, by person, model and endpoint, and a chart. */
import { apiAddress } from '@zephyr/contract/api/api-routes';
import type { Budget, BudgetList } from '@zephyr/contract/usage/people-limits';
import type { TimeUnit, UsageReport } from '@zephyr/contract/usage/usage';

import { UsageChart } from '../../charts/usage-chart.tsx';
import { Choice } from '../../components/choice.tsx';
import { Fact } from '../../components/now.tsx';
import { TroubleBanner } from '../../components/trouble-banner.tsx';
import { useRefreshed } from '../../components/use-refreshed.ts';
import { type ApiResult, ask } from '../../connection/api.ts';
import { fromHere } from '../../connection/from-here.ts';
import { ratioText } from '../../language/language.ts';
import { usageSpeech } from '../../language/usage-language.ts';
import { goTo, route } from '../../navigation/navigation.ts';
import { USAGE_DAYS, type UsageDays } from '../../navigation/usage-range.ts';
import { BudgetTable } from './budget-table.tsx';
import { budgetLeftOf, cacheHitRatio, failedRatio, usageBy } from './usage-sums.ts';
import { UsageReportTable } from './usage-table.tsx';

/** The controller sums all rows of the range for each report, so not more often. */
const REFRESH_INTERVAL_MS = 30_000;

interface UsageData {
  readonly days: UsageDays;
  readonly report: UsageReport;
  readonly timeline: UsageReport;
  readonly budgets: readonly Budget[];
}

export function UsagePage() {
  const { say } = usageSpeech.value;
  const days = route.value.kind === 'usage' ? route.value.days : 7;
  const { data, trouble } = useRefreshed({
    choice: days,
    load: loadUsage,
    intervalMs: REFRESH_INTERVAL_MS,
  });
  return (
    <div class="page">
      <TroubleBanner trouble={trouble} />
      <section class="panel usage" aria-labelledby="usage-title">
        <div class="panel-head">
          <h2 id="usage-title">{say('nav.usage')}</h2>
          <div class="panel-tools">
            <DaysChoice days={days} />
            <a
              class="button"
              href={fromHere(apiAddress('usage-csv', { since: `${days}d` }))}
              download
            >
              {say('usage.csv')}
            </a>
          </div>
        </div>
        {data === null ? (
          trouble === null && <p class="empty">{say('page.loading')}</p>
        ) : (
          <Totals report={data.report} />
        )}
        <p class="hint">{say('usage.utc')}</p>
      </section>
      {data !== null && data.budgets.length > 0 && <BudgetTable budgets={data.budgets} />}
      {data !== null && data.report.total.requests > 0 && <Parts data={data} />}
    </div>
  );
}

async function loadUsage(days: UsageDays): Promise<ApiResult<UsageData>> {
  const since = `${days}d`;
  const [report, timeline, budgets] = await Promise.all([
    ask<UsageReport>(apiAddress('usage', { by: 'person,endpoint,model', since })),
    ask<UsageReport>(apiAddress('usage', { by: unitOf(days), since })),
    ask<BudgetList>(apiAddress('budgets')),
  ]);
  if (report.status !== 'done') return report;
  if (timeline.status !== 'done') return timeline;
  if (budgets.status !== 'done') return budgets;
  const answer = { days, report: report.answer, timeline: timeline.answer };
  return { status: 'done', answer: { ...answer, budgets: budgets.answer.budgets } };
}

function unitOf(days: UsageDays): TimeUnit {
  return days === 1 ? 'hour' : 'day';
}

function DaysChoice({ days }: { readonly days: UsageDays }) {
  const { say } = usageSpeech.value;
  return (
    <Choice
      label={say('chart.range')}
      values={USAGE_DAYS}
      chosen={days}
      textOf={(each) => say(`usage.days.${each}`)}
      choose={(each) => goTo({ kind: 'usage', days: each })}
    />
  );
}

function Totals({ report }: { readonly report: UsageReport }) {
  const { say, numbers } = usageSpeech.value;
  const { total } = report;
  if (total.requests === 0) {
    return (
      <>
        <p class="empty">
          {say('usage.empty')} {say('usage.howTo')}
        </p>
        <Notes report={report} />
      </>
    );
  }
  const count = (label: string, value: number) => (
    <Fact label={label} value={numbers.count(value)} />
  );
  return (
    <>
      <dl class="facts">
        <Fact label={say('usage.cost')} value={numbers.usd(total.cost_usd)} />
        <Fact label={say('usage.requests')} value={numbers.count(total.requests)} />
        <Fact label={say('usage.failed')} value={numbers.count(total.failed)}>
          {ratioText(failedRatio(total))}
        </Fact>
        <Fact label={say('usage.cacheHits')} value={ratioText(cacheHitRatio(total))} />
        {count(say('usage.input'), total.input_tokens)}
        {count(say('usage.output'), total.output_tokens)}
        {count(say('usage.cacheRead'), total.cache_read_tokens)}
        {count(say('usage.cacheWrite'), total.cache_write_tokens)}
      </dl>
      <Notes report={report} />
    </>
  );
}

/** What the cost does not include. */
function Notes({
  report: { total, removed_before: removedBefore },
}: {
  readonly report: UsageReport;
}) {
  const { say, numbers } = usageSpeech.value;
  const { unpriced, incomplete, possibly_billed_twice: billedTwice } = total;
  return (
    <ul class="plain-list warn-text">
      {removedBefore !== null && (
        <li>{say('usage.note.removed', { moment: numbers.utcMinute(removedBefore) })}</li>
      )}
      {unpriced > 0 && <li>{say('usage.note.unpriced', { count: unpriced })}</li>}
      {incomplete > 0 && <li>{say('usage.note.incomplete', { count: incomplete })}</li>}
      {billedTwice > 0 && <li>{say('usage.note.billedTwice', { count: billedTwice })}</li>}
    </ul>
  );
}

function Parts({ data: { days, report, timeline, budgets } }: { readonly data: UsageData }) {
  return (
    <>
      <UsageChart report={timeline} unit={unitOf(days)} />
      <div class="parted">
        <UsageReportTable
          dimension="person"
          rows={usageBy(report.rows, 'person')}
          left={budgetLeftOf(budgets)}
        />
        <UsageReportTable dimension="model" rows={usageBy(report.rows, 'model')} />
        <UsageReportTable dimension="endpoint" rows={usageBy(report.rows, 'endpoint')} />
      </div>
    </>
  );
}
