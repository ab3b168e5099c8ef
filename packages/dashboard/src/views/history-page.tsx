/** What the last 24 hours, 7 or 30 days were like: availability, latency, switches and cost. */
import { useSignal } from '@preact/signals';
import type { Trends } from '@zephyr/contract/rollup';
import type { UsageReport } from '@zephyr/contract/usage';
import { useEffect } from 'preact/hooks';

import { type ApiResult, type ApiTrouble, ask } from '../api.ts';
import { historySpeech } from '../history-language.ts';
import { goTo, route } from '../navigation.ts';
import { link } from '../page.ts';
import { HISTORY_RANGES, type HistoryRange } from '../route.ts';
import { state } from '../store.ts';
import { Availability } from './availability.tsx';
import { LatencyHistory } from './latency-history.tsx';
import { SwitchHistory } from './switch-history.tsx';
import { TroubleBanner } from './trouble-banner.tsx';
import { UsageChart } from './usage-chart.tsx';

/** The controller writes the present hour once a minute. */
const REFRESH_MS = 60_000;

interface HistoryData {
  readonly range: HistoryRange;
  readonly trends: Trends;
  readonly usage: UsageReport;
}

export function HistoryPage() {
  const { say } = historySpeech.value;
  const range = route.value.kind === 'history' ? route.value.range : '24h';
  const { data, trouble } = useHistory(range);
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

function useHistory(range: HistoryRange) {
  const data = useSignal<HistoryData | null>(null);
  const trouble = useSignal<ApiTrouble | null>(null);
  const isLive = link.value.status === 'live';
  useEffect(() => {
    let isWanted = true;
    const load = async () => {
      if (document.hidden) return;
      const result = await loadHistory(range);
      if (!isWanted) return;
      if (result.status === 'done') data.value = result.answer;
      trouble.value = result.status === 'done' ? null : result;
    };
    const onVisible = () => void load();
    void load();
    const timer = setInterval(() => void load(), REFRESH_MS);
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      isWanted = false;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [range, isLive]);
  // What is shown belongs to the time that is chosen.
  return { data: data.value?.range === range ? data.value : null, trouble: trouble.value };
}

async function loadHistory(range: HistoryRange): Promise<ApiResult<HistoryData>> {
  const [trends, usage] = await Promise.all([
    ask<Trends>(`api/trends?range=${range}`),
    ask<UsageReport>(`api/usage?by=${unitOf(range)}&since=${range}`),
  ]);
  if (trends.status !== 'done') return trends;
  if (usage.status !== 'done') return usage;
  return { status: 'done', answer: { range, trends: trends.answer, usage: usage.answer } };
}

/** What is summed up in one bar of cost. */
function unitOf(range: HistoryRange): 'hour' | 'day' {
  return range === '24h' ? 'hour' : 'day';
}

function RangeChoice({ range }: { readonly range: HistoryRange }) {
  const { say } = historySpeech.value;
  return (
    <fieldset class="segmented small">
      <legend class="unseen">{say('chart.range')}</legend>
      {HISTORY_RANGES.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={range === each}
          onClick={() => goTo({ kind: 'history', range: each })}
        >
          {say(`history.range.${each}`)}
        </button>
      ))}
    </fieldset>
  );
}
