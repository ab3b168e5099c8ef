/** Draws one bar per hour or day with uPlot. Independent of signals. */
import uPlot from 'uplot';

import { CHART_FONT } from './chart-canvas.ts';
import type { ChartDrawing } from './drawing.tsx';

export interface BarContent {
  /** In the order of the bars. */
  readonly values: readonly number[];
}

export interface BarLook {
  readonly colour: string;
  readonly ink: string;
  readonly grid: string;
  /** For the axis: short. */
  readonly formatValue: (value: number) => string;
  readonly formatBar: (index: number) => string;
  /** The bar under the pointer; null when it is elsewhere. */
  readonly onPoint: (index: number | null) => void;
}

/** A whole number of bars between two labels. */
const STEPS = [1, 2, 3, 5, 10, 20, 50, 100];

export function createBars(
  container: HTMLElement,
  first: BarContent,
  look: BarLook,
): ChartDrawing<BarContent> {
  const chart = new uPlot(
    {
      width: Math.max(200, container.clientWidth),
      height: Math.max(120, container.clientHeight),
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      scales: {
        x: { time: false, range: (drawn) => [-0.5, (drawn.data[0]?.length ?? 1) - 0.5] },
        y: { range: (_chart, _min, max) => [0, max > 0 ? max * 1.15 : 1] },
      },
      axes: [
        {
          ...{ stroke: look.ink, font: CHART_FONT, incrs: STEPS, size: 32, space: 60 },
          grid: { show: false },
          ticks: { show: false },
          values: (_chart, indexes) => indexes.map(look.formatBar),
        },
        {
          ...{ stroke: look.ink, font: CHART_FONT, size: 78 },
          grid: { stroke: look.grid, width: 1 },
          ticks: { show: false },
          values: (_chart, values) => values.map(look.formatValue),
        },
      ],
      series: [
        {},
        {
          ...{ fill: look.colour, stroke: look.colour, width: 0 },
          ...barsOf({ size: [0.7, 80], radius: 0.1 }),
          points: { show: false },
        },
      ],
      hooks: { setCursor: [(drawn) => look.onPoint(drawn.cursor.idx ?? null)] },
    },
    columnsOf(first),
    container,
  );
  return {
    update: (next) => chart.setData(columnsOf(next)),
    resize: (width, height) => chart.setSize({ width, height }),
    destroy: () => chart.destroy(),
  };
}

function columnsOf({ values }: BarContent): uPlot.AlignedData {
  return [values.map((_value, index) => index), [...values]];
}

/** Missing only in uPlot builds without them. */
function barsOf(look: uPlot.Series.BarsPathBuilderOpts): Pick<uPlot.Series, 'paths'> {
  const paths = uPlot.paths.bars?.(look);
  return paths === undefined ? {} : { paths };
}
