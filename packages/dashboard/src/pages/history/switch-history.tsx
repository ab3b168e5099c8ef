/** Number of switches, by cause. */
import { useSignal } from '@preact/signals';
import type { Trends } from '@zephyr/contract/history/rollup';
import { DAY_MS } from '@zephyr/contract/units';
import { useMemo } from 'preact/hooks';

import { type BarContent, createBars } from '../../charts/bar-canvas.ts';
import { colourReader, Drawing } from '../../charts/drawing.tsx';
import { historySpeech } from '../../language/history-language.ts';
import { barLengthMs } from './availability-bars.ts';
import { type SwitchBar, switchBars, switchCounts } from './history-data.ts';

export function SwitchHistory({ trends }: { readonly trends: Trends }) {
  const { say, numbers } = historySpeech.value;
  const pointed = useSignal<number | null>(null);
  const bars = useMemo(() => switchBars(trends), [trends]);
  const content = useMemo(() => ({ values: bars.map(totalOf) }), [bars]);
  const isHours = barLengthMs(trends) < DAY_MS;
  const timeOf = (index: number) => {
    const atMs = bars[index]?.fromAtMs;
    if (atMs === undefined) return '';
    return isHours ? numbers.utcTime(atMs) : numbers.utcDay(atMs);
  };
  const total = countsText(switchCounts(trends.points));
  const bar = pointed.value === null ? undefined : bars[pointed.value];
  return (
    <section class="panel" aria-labelledby="switch-history-title">
      <div class="panel-head">
        <h2 id="switch-history-title">{say('history.switches')}</h2>
      </div>
      <Drawing<BarContent>
        content={content}
        shape={`${trends.sinceAtMs} ${bars.length}`}
        summary={`${say('history.switches')}: ${total}`}
        create={(container, first) => {
          const colour = colourReader(container);
          return createBars(container, first, {
            ...{ colour: colour('--accent'), ink: colour('--ink-quiet'), grid: colour('--line') },
            formatValue: (value) => (Number.isInteger(value) ? numbers.count(value) : ''),
            formatBar: timeOf,
            onPoint: (index) => {
              pointed.value = index;
            },
          });
        }}
      />
      <p class="hint">
        {bar === undefined ? total : `${timeOf(pointed.value ?? 0)} · ${countsText(bar)}`}
      </p>
    </section>
  );
}

function totalOf({ failure, latency, operator }: Omit<SwitchBar, 'fromAtMs'>): number {
  return failure + latency + operator;
}

function countsText(counts: Omit<SwitchBar, 'fromAtMs'>): string {
  const { failure, latency, operator } = counts;
  return historySpeech.value.say('history.switches.counts', {
    total: totalOf(counts),
    ...{ failure, latency, operator },
  });
}
