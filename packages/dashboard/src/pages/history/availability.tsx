/** One row of bars for each endpoint, as on status pages. */
import type { Trends } from '@zephyr/contract/history/rollup';
import { DAY_MS } from '@zephyr/contract/units';

import { EndpointName } from '../../components/endpoint-parts.tsx';
import { historySpeech } from '../../language/history-language.ts';
import { ratioText } from '../../language/language.ts';
import { state } from '../../state/store.ts';
import {
  AVAILABILITY_TONES,
  type AvailabilityBar,
  type AvailabilityRow,
  availabilityOf,
  availabilityTone,
  barLengthMs,
  MIN_RATIO,
} from './availability-bars.ts';

interface AvailabilityProps {
  readonly trends: Trends;
  readonly endpointIds: readonly string[];
}

export function Availability({ trends, endpointIds }: AvailabilityProps) {
  const { say } = historySpeech.value;
  const isHours = barLengthMs(trends) < DAY_MS;
  const least = { good: ratioText(MIN_RATIO.good), warn: ratioText(MIN_RATIO.warn) };
  return (
    <>
      <ul class="availability">
        {availabilityOf(trends, endpointIds).map((row) => (
          <Row key={row.endpointId} row={row} isHours={isHours} />
        ))}
      </ul>
      <p class="hint availability-legend">
        {AVAILABILITY_TONES.map((tone) => (
          <span key={tone}>
            <span class={`bar-key ${tone}`} aria-hidden="true" />{' '}
            {say(`history.tone.${tone}`, least)}
          </span>
        ))}
      </p>
    </>
  );
}

interface AvailabilityRowProps {
  readonly row: AvailabilityRow;
  readonly isHours: boolean;
}

function Row({ row: { endpointId, bars, ratio }, isHours }: AvailabilityRowProps) {
  const { say } = historySpeech.value;
  const names = { endpoints: state.value?.endpoints ?? [] };
  const known = bars.filter((bar) => bar.ratio !== null);
  const worst = known.toSorted((one, two) => (one.ratio ?? 1) - (two.ratio ?? 1))[0];
  const summary =
    worst === undefined
      ? say('history.unobserved')
      : say('history.worst', { bar: barText(worst, isHours) });
  return (
    <li data-availability={endpointId}>
      <span class="name">
        <EndpointName current={names} id={endpointId} />
      </span>
      <span class="value">{ratioText(ratio)}</span>
      <svg
        class="bars"
        role="img"
        aria-label={summary}
        viewBox={`0 0 ${bars.length} 1`}
        preserveAspectRatio="none"
      >
        {bars.map((bar, index) => (
          <rect
            key={bar.fromAtMs}
            class={availabilityTone(bar.ratio)}
            x={index + 0.08}
            width={0.84}
            height={1}
          >
            <title>{barText(bar, isHours)}</title>
          </rect>
        ))}
      </svg>
    </li>
  );
}

function barText({ fromAtMs, ratio }: AvailabilityBar, isHours: boolean): string {
  const { say, numbers } = historySpeech.value;
  const time = isHours
    ? `${numbers.utcDay(fromAtMs)} ${numbers.utcTime(fromAtMs)}`
    : numbers.utcDay(fromAtMs);
  return ratio === null ? `${time}: ${say('history.unobserved')}` : `${time}: ${ratioText(ratio)}`;
}
