/** The look of a latency chart, in the current colours and language. */
import { formOf, seriesOf } from '../components/endpoint-colours.ts';
import { speech } from '../language/language.ts';
import { type ChartLook, DASHES } from './chart-canvas.ts';
import { colourReader } from './drawing.tsx';

export function latencyLook(
  container: HTMLElement,
  own: Pick<ChartLook, 'formatTime' | 'onPoint'>,
): ChartLook {
  const colour = colourReader(container);
  return {
    colourOf: (endpointId) => colour(`--series-${seriesOf(endpointId)}`),
    dashOf: (endpointId) => DASHES[formOf(endpointId)] ?? [],
    ink: colour('--ink-quiet'),
    grid: colour('--line'),
    bad: colour('--bad'),
    formatMs: speech.value.numbers.latency,
    ...own,
  };
}
