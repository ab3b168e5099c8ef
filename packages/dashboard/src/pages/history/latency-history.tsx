/** The medians of each hour or day as lines, of probes or of live requests. */
import { signal, useSignal } from '@preact/signals';
import type { Trends } from '@zephyr/contract/history/rollup';
import { DAY_MS } from '@zephyr/contract/units';
import { nameOf } from '@zephyr/texts/screens';
import { useMemo } from 'preact/hooks';

import { type ChartContent, createChart } from '../../charts/chart-canvas.ts';
import { latencyLook } from '../../charts/chart-look.ts';
import { Drawing } from '../../charts/drawing.tsx';
import { Choice } from '../../components/choice.tsx';
import { swatchOf } from '../../components/endpoint-colours.ts';
import { historySpeech } from '../../language/history-language.ts';
import { state } from '../../state/store.ts';
import { LATENCY_SOURCES, type LatencySource, latencyLines } from './history-data.ts';

const source = signal<LatencySource>('probes');

interface LatencyHistoryProps {
  readonly trends: Trends;
  readonly endpointIds: readonly string[];
}

export function LatencyHistory({ trends, endpointIds }: LatencyHistoryProps) {
  const { say } = historySpeech.value;
  const pointed = useSignal<number | null>(null);
  const shown = source.value;
  const content = useMemo(
    (): ChartContent => ({
      data: latencyLines(trends, endpointIds, shown),
      ...{ switches: [], failures: [], fromAtMs: trends.sinceAtMs, toAtMs: trends.untilAtMs },
    }),
    [trends, endpointIds.join(), shown],
  );
  return (
    <section class="panel" aria-labelledby="latency-history-title">
      <div class="panel-head">
        <h2 id="latency-history-title">{say('chart.title')}</h2>
        <Choice
          label={say('history.source')}
          values={LATENCY_SOURCES}
          chosen={shown}
          textOf={(each) => say(`history.source.${each}`)}
          choose={(each) => {
            source.value = each;
          }}
        />
      </div>
      <Drawing<ChartContent>
        content={content}
        shape={`${endpointIds.join()} ${shown} ${trends.unit} ${trends.points.length}`}
        summary={say('history.latency.summary', { count: endpointIds.length })}
        create={(container, first) =>
          createChart(
            container,
            first,
            latencyLook(container, {
              formatTime: axisTextOf(trends),
              onPoint: (index) => {
                pointed.value = index;
              },
            }),
          )
        }
      />
      <Legend content={content} index={pointed.value} unit={trends.unit} />
    </section>
  );
}

interface HistoryLegendProps {
  readonly content: ChartContent;
  readonly index: number | null;
  readonly unit: Trends['unit'];
}

/** The values under the pointer with their time, else the latest. */
function Legend({ content: { data }, index, unit }: HistoryLegendProps) {
  const { say, numbers } = historySpeech.value;
  const names = { endpoints: state.value?.endpoints ?? [] };
  const [moments] = data.columns;
  const shown = index ?? moments.length - 1;
  const atSeconds = moments[shown];
  return (
    <div class="legend">
      <p class="hint">
        {atSeconds === undefined ? '' : timeText(atSeconds * 1000, unit)} · {say('history.median')}
      </p>
      <ul class="legend-lines">
        {data.series.map(({ endpointId }, series) => {
          const value = data.columns[series + 1]?.[shown];
          return (
            <li key={endpointId}>
              <span class={swatchOf(endpointId)} aria-hidden="true" />
              {nameOf(names, endpointId)}{' '}
              <strong>
                {value === null || value === undefined ? '–' : numbers.latency(value)}
              </strong>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function timeText(atMs: number, unit: Trends['unit']): string {
  const { numbers } = historySpeech.value;
  const day = numbers.utcDay(atMs);
  return unit === 'day' ? day : `${day} ${numbers.utcTime(atMs)}`;
}

/** Of the axis: days, if there are more than two. */
function axisTextOf({ unit, sinceAtMs, untilAtMs }: Trends): (atMs: number) => string {
  const { numbers } = historySpeech.value;
  const isDays = unit === 'day' || untilAtMs - sinceAtMs > 2 * DAY_MS;
  return isDays ? numbers.utcDay : numbers.utcTime;
}
