/** The last 24 hours, 7 or 30 days: availability, latency, switches and cost. */

import { apiAddress } from '@zephyr/contract/api/api-routes';
import type { Trends } from '@zephyr/contract/history/rollup';
import { TREND_RANGES, type TrendRange } from '@zephyr/contract/history/trend-range';
import type { TimeUnit, UsageReport } from '@zephyr/contract/usage/usage';

import { UsageChart } from '../../charts/usage-chart.tsx';
import { Choice } from '../../components/choice.tsx';
import { TroubleBanner } from '../../components/trouble-banner.tsx';
import { useRefreshed } from '../../components/use-refreshed.ts';
import { type ApiResult, ask } from '../../connection/api.ts';
import { historySpeech } from '../../language/history-language.ts';
import { goTo, route } from '../../navigation/navigation.ts';
import { state } from '../../state/store.ts';
import { Availability } from './availability.tsx';
import { LatencyHistory } from './latency-history.tsx';
import { SwitchHistory } from './switch-history.tsx';

/** The controller writes the current hour once a minute. */
const REFRESH_INTERVAL_MS = 60_000;

interface HistoryData {
  readonly trends: Trends;
  readonly usage: UsageReport;
}

export function HistoryPage() {
  const { say } = historySpeech.value;
  const range = route.value.kind === 'history' ? route.value.range : '24h';
  const { data, trouble } = useRefreshed({
    choice: range,
    load: loadHistory,
    intervalMs: REFRESH_INTERVAL_MS,
  });
  const ids = (state.value?.endpoints ?? []).map(({ id }) => id);
  return (
    <div class="page">
      <TroubleBanner trouble={trouble} />
      <section class="panel history" aria-labelledby="history-title">
        <div class="panel-head">
          <h2 id="history-title">{say('history.availability')}</h2>
          <RangeChoice range={range} />
        </div>
        {data === null ? (
          trouble === null && <p class="empty">{say('page.loading')}</p>
        ) : data.trends.points.length === 0 ? (
          <p class="empty">{say('history.empty')}</p>
        ) : (
          <Availability trends={data.trends} endpointIds={ids} />
        )}
        <p class="hint">{say('history.note')}</p>
      </section>
      {data !== null && data.trends.points.length > 0 && (
        <>
          <LatencyHistory trends={data.trends} endpointIds={ids} />
          <SwitchHistory trends={data.trends} />
        </>
      )}
      {data !== null && data.usage.total.requests > 0 && (
        <UsageChart report={data.usage} unit={unitOf(range)} />
      )}
    </div>
  );
}

async function loadHistory(range: TrendRange): Promise<ApiResult<HistoryData>> {
  const [trends, usage] = await Promise.all([
    ask<Trends>(apiAddress('trends', { range })),
    ask<UsageReport>(apiAddress('usage', { by: unitOf(range), since: range })),
  ]);
  if (trends.status !== 'done') return trends;
  if (usage.status !== 'done') return usage;
  return { status: 'done', answer: { trends: trends.answer, usage: usage.answer } };
}

/** The time unit of one cost bar. */
function unitOf(range: TrendRange): TimeUnit {
  return range === '24h' ? 'hour' : 'day';
}

function RangeChoice({ range }: { readonly range: TrendRange }) {
  const { say } = historySpeech.value;
  return (
    <Choice
      label={say('chart.range')}
      values={TREND_RANGES}
      chosen={range}
      textOf={(each) => say(`history.range.${each}`)}
      choose={(each) => goTo({ kind: 'history', range: each })}
    />
  );
}
