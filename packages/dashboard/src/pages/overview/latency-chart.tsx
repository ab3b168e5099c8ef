/** The latency chart with its range, its legend and the reasons for the switches in it. */

import { signal, useComputed, useSignal } from '@preact/signals';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { MINUTE_MS } from '@zephyr/contract/units';
import { decisionText, nameOf } from '@zephyr/texts/screens';

import { type ChartContent, createChart } from '../../charts/chart-canvas.ts';
import { chartData, chartedIds, failureMarks, switchMarks } from '../../charts/chart-data.ts';
import { latencyLook } from '../../charts/chart-look.ts';
import { Drawing } from '../../charts/drawing.tsx';
import { Choice } from '../../components/choice.tsx';
import { MAX_CHARTED, seriesOf, swatchOf } from '../../components/endpoint-colours.ts';
import { controllerEpochMs } from '../../connection/page-state.ts';
import { speech } from '../../language/language.ts';
import { log, samples, state } from '../../state/store.ts';

const RANGES_MINUTES = [5, 15, 60] as const;

const MIN_RANGE_MS = 120_000;

const rangeMinutes = signal<number>(15);

export function LatencyChart({ current }: { readonly current: ApiState }) {
  const { say } = speech.value;
  const pointed = useSignal<number | null>(null);
  const content = useComputed(contentOf);
  const isEmpty = [...samples.value.values()].every((list) => list.length === 0);
  return (
    <section class="panel chart" aria-labelledby="chart-title">
      <div class="panel-head">
        <h2 id="chart-title">{say('chart.title')}</h2>
        <Choice
          label={say('chart.range')}
          values={RANGES_MINUTES}
          chosen={rangeMinutes.value}
          textOf={rangeText}
          choose={(minutes) => {
            rangeMinutes.value = minutes;
          }}
        />
      </div>
      {isEmpty ? (
        <p class="empty">{say('chart.empty')}</p>
      ) : (
        <>
          <Drawing
            content={content.value}
            shape={shapeOf(content.value)}
            summary={summaryOf(content.value)}
            create={(container, first) =>
              createChart(
                container,
                first,
                latencyLook(container, {
                  formatTime: timeText,
                  onPoint: (index) => {
                    pointed.value = index;
                  },
                }),
              )
            }
          />
          <Legend current={current} content={content.value} index={pointed.value} />
        </>
      )}
    </section>
  );
}

function contentOf(): ChartContent {
  const toAtMs = controllerEpochMs.value;
  const fromAtMs = Math.max(toAtMs - rangeMinutes.value * MINUTE_MS, beginningAtMs(toAtMs));
  const ids = chartedIds(state.value?.endpoints ?? [], MAX_CHARTED);
  const names = { endpoints: state.value?.endpoints ?? [] };
  return {
    data: chartData(samples.value, ids, fromAtMs),
    failures: failureMarks(samples.value, ids, fromAtMs),
    switches: switchMarks(log.value, fromAtMs, ({ decision }) =>
      decisionText(decision, names, speech.value),
    ),
    fromAtMs,
    toAtMs,
  };
}

/** Right after a start most of the range would be empty. */
function beginningAtMs(toAtMs: number): number {
  const firsts = [...samples.value.values()].flatMap((list) => list[0]?.atMs ?? []);
  return Math.min(toAtMs - MIN_RANGE_MS, ...firsts);
}

function rangeText(minutes: number): string {
  const { say } = speech.value;
  return minutes < 60
    ? say('chart.minutes', { count: minutes })
    : say('chart.hours', { count: minutes / 60 });
}

function shapeOf({ data }: ChartContent): string {
  return data.series.map(({ endpointId, source }) => endpointId + source).join();
}

function timeText(atMs: number): string {
  return speech.value.numbers.time(atMs, atMs);
}

function summaryOf({ data }: ChartContent): string {
  const { say, numbers } = speech.value;
  const names = { endpoints: state.value?.endpoints ?? [] };
  const lines = data.series.flatMap(({ endpointId, source }, index) => {
    const latest = data.columns[index + 1]?.findLast((value) => value !== null);
    if (source !== 'probe' || latest === undefined || latest === null) return [];
    return [
      say('chart.line', { name: nameOf(names, endpointId), latency: numbers.latency(latest) }),
    ];
  });
  return say('chart.summary', {
    count: names.endpoints.length,
    range: rangeText(rangeMinutes.value),
    lines: lines.join(' '),
  });
}

interface ChartLegendProps {
  readonly current: ApiState;
  readonly content: ChartContent;
  readonly index: number | null;
}

/** The values under the pointer, else the latest; below them the latest switches and why. */
function Legend({ current, content, index }: ChartLegendProps) {
  const { say, numbers } = speech.value;
  const { data, switches } = content;
  const total = current.endpoints.length;
  const shown = new Set(data.series.map(({ endpointId }) => endpointId)).size;
  const pointedAtSeconds = index === null ? undefined : data.columns[0][index];
  const hasLive = data.series.some(({ source }) => source === 'live');
  return (
    <div class="legend">
      <p class="hint pointed">
        {pointedAtSeconds === undefined
          ? say('chart.latest')
          : numbers.time(pointedAtSeconds * 1000, controllerEpochMs.value)}
      </p>
      <ul class="legend-lines">
        {data.series.map(({ endpointId, source }, seriesIndex) => {
          const column = data.columns[seriesIndex + 1] ?? [];
          const value =
            index === null ? column.findLast((each) => each !== null) : nearest(column, index);
          return source === 'live' ? null : (
            <li key={endpointId}>
              <span class={swatchOf(endpointId)} aria-hidden="true" />
              {nameOf(current, endpointId)}{' '}
              <strong>
                {value === undefined || value === null ? '–' : numbers.latency(value)}
              </strong>
            </li>
          );
        })}
      </ul>
      <ul class="legend-switches">
        {switches.slice(0, 3).map(({ atMs, toId, text }) => (
          <li key={atMs}>
            <span class={`mark series-${seriesOf(toId)}`} aria-hidden="true" />
            <time>{numbers.time(atMs, controllerEpochMs.value)}</time> {text}
          </li>
        ))}
      </ul>
      <p class="hint">
        {say('chart.marks')} {hasLive && say('chart.live')}{' '}
        {shown > 0 && shown < total && say('chart.some', { shown, total })}
      </p>
    </div>
  );
}

/** The columns have gaps, because endpoints are not probed at the same time. */
function nearest(column: readonly (number | null)[], index: number): number | null | undefined {
  return column.slice(0, index + 1).findLast((value) => value !== null);
}
