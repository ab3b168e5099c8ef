/** Usage per hour or day. */
import { signal, useSignal } from '@preact/signals';
import type { TimeUnit, UsageReport } from '@zephyr/contract/usage/usage';
import { useMemo } from 'preact/hooks';
import { Choice } from '../components/choice.tsx';
import { usageSpeech } from '../language/usage-language.ts';
import { type BarContent, type BarLook, createBars } from './bar-canvas.ts';
import { colourReader, Drawing } from './drawing.tsx';
import {
  measureOf,
  USAGE_MEASURES,
  type UsageBar,
  type UsageMeasure,
  usageBars,
} from './usage-bars.ts';

const measure = signal<UsageMeasure>('cost');

interface UsageChartProps {
  readonly report: UsageReport;
  readonly unit: TimeUnit;
}

export function UsageChart({ report, unit }: UsageChartProps) {
  const { say } = usageSpeech.value;
  const pointed = useSignal<number | null>(null);
  const bars = usageBars(report, unit);
  const shown = measure.value;
  const content = useMemo(
    () => ({ values: bars.map((bar) => barValue(bar, shown)) }),
    [report, shown],
  );
  const { values } = content;
  const total = say('usage.chart.total', { value: valueText(measureOf(report.total, shown)) });
  const timeOf = (index: number) => timeText(bars[index]?.fromAtMs, unit);
  const index = pointed.value;
  return (
    <section class="panel" aria-labelledby="usage-chart-title">
      <div class="panel-head">
        <h2 id="usage-chart-title">{say(`usage.chart.${unit}`)}</h2>
        <MeasureChoice />
      </div>
      <Drawing<BarContent>
        content={content}
        shape={`${report.since} ${bars.length} ${shown}`}
        summary={say('usage.chart.summary', {
          ...{ measure: say(`usage.${shown}`), total },
          ...{ first: timeOf(0), last: timeOf(bars.length - 1) },
        })}
        create={(container, first) =>
          createBars(
            container,
            first,
            lookOf(container, timeOf, (next) => {
              pointed.value = next;
            }),
          )
        }
      />
      <p class="hint">
        {index === null || values[index] === undefined
          ? total
          : `${timeOf(index)} · ${valueText(values[index])}`}
      </p>
    </section>
  );
}

function MeasureChoice() {
  const { say } = usageSpeech.value;
  return (
    <Choice
      label={say('usage.chart.shows')}
      values={USAGE_MEASURES}
      chosen={measure.value}
      textOf={(each) => say(`usage.${each}`)}
      choose={(each) => {
        measure.value = each;
      }}
    />
  );
}

function lookOf(
  container: HTMLElement,
  formatBar: BarLook['formatBar'],
  onPoint: BarLook['onPoint'],
): BarLook {
  const colour = colourReader(container);
  const { numbers } = usageSpeech.value;
  return {
    ...{ formatBar, onPoint },
    colour: colour('--accent'),
    ink: colour('--ink-quiet'),
    grid: colour('--line'),
    formatValue: measure.value === 'cost' ? numbers.usd : numbers.compact,
  };
}

function barValue({ figures }: UsageBar, shown: UsageMeasure): number {
  return figures === undefined ? 0 : measureOf(figures, shown);
}

function valueText(value: number): string {
  const { numbers } = usageSpeech.value;
  return measure.value === 'cost' ? numbers.usd(value) : numbers.count(value);
}

function timeText(fromAtMs: number | undefined, unit: UsageChartProps['unit']): string {
  const { numbers } = usageSpeech.value;
  if (fromAtMs === undefined) return '';
  return unit === 'hour' ? numbers.utcTime(fromAtMs) : numbers.utcDay(fromAtMs);
}
