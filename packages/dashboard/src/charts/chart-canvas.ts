/** Draws a uPlot chart with marks for switches and failed probes. Independent of signals. */
import uPlot from 'uplot';

import {
  type ChartData,
  type FailureMark,
  type Series,
  type SwitchMark,
  TIME_SPACE_PX,
  TIME_STEPS_S,
} from './chart-data.ts';
import type { ChartDrawing } from './drawing.tsx';

export interface ChartContent {
  readonly data: ChartData;
  readonly switches: readonly SwitchMark[];
  readonly failures: readonly FailureMark[];
  readonly fromAtMs: number;
  readonly toAtMs: number;
}

export interface ChartLook {
  readonly colourOf: (endpointId: string) => string;
  /** Dash pattern of its line, in pixels; empty for a solid one. */
  readonly dashOf: (endpointId: string) => readonly number[];
  readonly ink: string;
  readonly grid: string;
  readonly bad: string;
  readonly formatMs: (milliseconds: number) => string;
  readonly formatTime: (atMs: number) => string;
  /** The sample under the pointer, as an index of the columns; null when it is elsewhere. */
  readonly onPoint: (index: number | null) => void;
}

/** By the endpoint's form: solid, dashed, dotted. */
export const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 4]];

export const CHART_FONT = '12px system-ui, sans-serif';
const CROSS = 4;

export function createChart(
  container: HTMLElement,
  first: ChartContent,
  look: ChartLook,
): ChartDrawing<ChartContent> {
  let content = first;
  const chart = new uPlot(
    {
      width: Math.max(200, container.clientWidth),
      height: Math.max(120, container.clientHeight),
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { time: true, range: () => [content.fromAtMs / 1000, content.toAtMs / 1000] },
        y: { range: (_chart, _min, max) => [0, Math.max(100, (max ?? 0) * 1.15)] },
      },
      axes: [
        {
          stroke: look.ink,
          font: CHART_FONT,
          grid: { stroke: look.grid, width: 1 },
          ticks: { show: false },
          values: (_chart, seconds) => seconds.map((each) => look.formatTime(each * 1000)),
          size: 32,
          space: TIME_SPACE_PX,
          incrs: [...TIME_STEPS_S],
        },
        {
          stroke: look.ink,
          font: CHART_FONT,
          size: 62,
          grid: { stroke: look.grid, width: 1 },
          ticks: { show: false },
          values: (_chart, values) => values.map(look.formatMs),
        },
      ],
      series: [{}, ...first.data.series.map((series) => lineOf(series, look))],
      hooks: {
        draw: [(drawn) => drawMarks(drawn, content, look)],
        setCursor: [(drawn) => look.onPoint(drawn.cursor.idx ?? null)],
      },
    },
    first.data.columns,
    container,
  );
  return {
    update: (next) => {
      content = next;
      chart.setData(next.data.columns);
    },
    resize: (width, height) => chart.setSize({ width, height }),
    destroy: () => chart.destroy(),
  };
}

/** Probes are lines; live traffic, on another scale, is dots. */
function lineOf({ endpointId, source }: Series, look: ChartLook): uPlot.Series {
  const stroke = look.colourOf(endpointId);
  return source === 'probe'
    ? {
        stroke,
        dash: [...look.dashOf(endpointId)],
        width: 2,
        spanGaps: true,
        points: { show: true, size: 4, fill: stroke },
      }
    : { stroke, width: 0, points: { show: true, size: 5, stroke, fill: stroke, width: 0 } };
}

function drawMarks(chart: uPlot, content: ChartContent, look: ChartLook): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { atMs, toId } of content.switches) {
    const x = Math.round(chart.valToPos(atMs / 1000, 'x', true));
    ctx.strokeStyle = look.colourOf(toId);
    ctx.fillStyle = look.colourOf(toId);
    ctx.lineWidth = 1.5 * ratio;
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    line(ctx, [x, bbox.top], [x, bbox.top + bbox.height]);
    ctx.beginPath();
    ctx.moveTo(x - 5 * ratio, bbox.top);
    ctx.lineTo(x + 5 * ratio, bbox.top);
    ctx.lineTo(x, bbox.top + 7 * ratio);
    ctx.fill();
  }
  ctx.setLineDash([]);
  ctx.lineWidth = 2 * ratio;
  const y = bbox.top + bbox.height - 8 * ratio;
  const half = CROSS * ratio;
  for (const { atMs, endpointId } of content.failures) {
    const x = Math.round(chart.valToPos(atMs / 1000, 'x', true));
    ctx.strokeStyle = look.colourOf(endpointId);
    line(ctx, [x - half, y - half], [x + half, y + half]);
    line(ctx, [x - half, y + half], [x + half, y - half]);
  }
  ctx.restore();
}

type Point = readonly [x: number, y: number];

function line(ctx: CanvasRenderingContext2D, from: Point, to: Point): void {
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}
