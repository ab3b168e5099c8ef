/**
 * The building blocks of the dashboards: a panel is a title, a description, a unit and queries. Everything
 * else (colours, legend, placement) is defined here once, so that all look alike.
 */
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

import {
  annotations,
  DATASOURCE,
  linksToDocs,
  linkTo,
  type VariableName,
  variableOf,
} from './surroundings.ts';

export interface Query {
  readonly expr: string;
  /** With labels in braces: `{{endpoint}}`. */
  readonly legend: string;
}

export interface PanelSpec {
  /** `days`: a bar for each day; `top`: a bar for each series, the longest first. */
  readonly kind: 'number' | 'lines' | 'stack' | 'days' | 'top' | 'heat' | 'states';
  readonly title: string;
  /** For people: what it shows, and when to worry. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Of 24 columns. */
  readonly width?: number;
  /** Turns yellow and red from these values up; for `number` and `states`. */
  readonly warnFrom?: number;
  readonly alarmFrom?: number;
  /** If small values are bad: red below it. */
  readonly alarmBelow?: number;
  /** If neither is bad: no colour below it, green from it up. */
  readonly markFrom?: number;
  /** Labels of values: `{ 0: 'no', 1: 'yes' }`. */
  readonly words?: Readonly<Record<number, string>>;
  /** Replaces the dashboard's text for missing data. */
  readonly none?: string;
  /** For a `number`: whether to show the series' name instead of its value. */
  readonly shows?: 'value' | 'name';
}

/** Decimals by Grafana unit. */
const DECIMALS = {
  ...{ s: 2, reqps: 2, percentunit: 1, currencyUSD: 2, bytes: 1, short: 0 },
  /** A factor. */
  none: 1,
} as const;
export type Unit = keyof typeof DECIMALS;

export interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Text of panels without data. */
  readonly none: string;
  readonly variables: readonly VariableName[];
  /** Links of each panel: another dashboard, and a section of a page in docs/. */
  readonly more: { readonly uid: string; readonly title: string };
  readonly docs: string;
  /** Start of the range until now; three hours by default. */
  readonly from?: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelSpec[] }[];
}

const HEIGHTS = { number: 4, lines: 8, stack: 8, days: 8, top: 8, heat: 8, states: 6 } as const;
const WIDTHS = {
  number: 4,
  lines: 12,
  stack: 12,
  days: 12,
  top: 12,
  heat: 12,
  states: 24,
} as const;
const COLUMNS = 24;
const TAG = 'zephyr';

export function buildDashboard(spec: DashboardSpec): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([TAG])
    .timezone('browser')
    .time({ from: spec.from ?? 'now-3h', to: 'now' })
    .refresh('10s')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .readonly()
    .link(
      new dashboard.DashboardLinkBuilder('Claude Zephyr')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([TAG])
        .keepTime(true),
    )
    .withVariable(
      new dashboard.DatasourceVariableBuilder('datasource').label('Source').type('prometheus'),
    )
    .annotations(annotations());
  for (const name of spec.variables) builder.withVariable(variableOf(name));
  for (const row of spec.rows) {
    builder.withRow(new dashboard.RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(buildPanel(panel, spec));
  }
  return numbered(builder.build());
}

type PanelBuilder =
  | bargauge.PanelBuilder
  | heatmap.PanelBuilder
  | stat.PanelBuilder
  | statetimeline.PanelBuilder
  | timeseries.PanelBuilder;

function buildPanel(spec: PanelSpec, { none, more, docs }: DashboardSpec): PanelBuilder {
  const panel = panelOfKind(spec);
  panel
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .decimals(DECIMALS[spec.unit])
    .noValue(spec.none ?? none)
    .links([linkTo(more.uid, more.title), ...linksToDocs(docs, 'What it means')])
    .datasource(DATASOURCE)
    .height(HEIGHTS[spec.kind])
    .span(Math.min(spec.width ?? WIDTHS[spec.kind], COLUMNS));
  if (spec.words !== undefined) panel.mappings([mappingOf(spec.words)]);
  if (spec.kind === 'days') panel.interval('1d');
  spec.queries.forEach(({ expr, legend }, index) => {
    const query = new prometheus.DataqueryBuilder()
      .refId(String.fromCharCode('A'.charCodeAt(0) + index))
      .expr(expr)
      .legendFormat(legend)
      .datasource(DATASOURCE);
    if (spec.kind === 'heat') query.format(prometheus.PromQueryFormat.Heatmap);
    const isNow = spec.kind === 'number' || spec.kind === 'top';
    panel.withTarget(isNow ? query.instant() : query.range());
  });
  return panel;
}

function mappingOf(words: Readonly<Record<number, string>>): dashboard.ValueMapping {
  const options = Object.entries(words).map(([value, text]) => [value, { text }] as const);
  return { type: dashboard.MappingType.ValueToText, options: Object.fromEntries(options) };
}

function panelOfKind(spec: PanelSpec): PanelBuilder {
  switch (spec.kind) {
    case 'number':
      return (
        new stat.PanelBuilder()
          .graphMode(common.BigValueGraphMode.None)
          .colorMode(common.BigValueColorMode.Value)
          // By default Grafana shows a name only if there are several.
          .textMode(
            spec.shows === 'name' ? common.BigValueTextMode.Name : common.BigValueTextMode.Auto,
          )
          .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
          .thresholds(thresholdsOf(spec))
      );
    case 'lines':
    case 'stack':
    case 'days':
      return lines(spec.kind);
    case 'top':
      return new bargauge.PanelBuilder()
        .orientation(common.VizOrientation.Horizontal)
        .displayMode(common.BarGaugeDisplayMode.Basic)
        .min(0)
        .colorScheme(colourByName())
        .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
    case 'heat':
      return (
        new heatmap.PanelBuilder()
          .calculate(false)
          .cellGap(1)
          // The panel's unit is that of its cells: a count.
          .yAxis(new heatmap.YAxisConfigBuilder().unit(spec.unit))
      );
    case 'states':
      return (
        new statetimeline.PanelBuilder()
          .mergeValues(true)
          .showValue(
            spec.words === undefined ? common.VisibilityMode.Never : common.VisibilityMode.Auto,
          )
          // By default this panel blends colours between its minimum and maximum.
          .colorScheme(
            new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds),
          )
          .thresholds(thresholdsOf(spec))
      );
  }
}

/** A name has the same colour in every panel: one per endpoint. */
function colourByName(): dashboard.FieldColorBuilder {
  return new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.PaletteClassicByName);
}

function lines(kind: 'lines' | 'stack' | 'days'): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .lineWidth(2)
    .fillOpacity({ lines: 0, stack: 30, days: 80 }[kind])
    .colorScheme(colourByName())
    .showPoints(common.VisibilityMode.Never)
    .min(0)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi));
  if (kind === 'days') panel.drawStyle(common.GraphDrawStyle.Bars);
  if (kind !== 'lines') {
    panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  }
  return panel;
}

function thresholdsOf(spec: PanelSpec): dashboard.ThresholdsConfigBuilder {
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(stepsOf(spec));
}

function stepsOf({ warnFrom, alarmFrom, alarmBelow, markFrom }: PanelSpec): dashboard.Threshold[] {
  const below = (color: string, from: number) => [
    { color, value: null },
    { color: 'green', value: from },
  ];
  if (alarmBelow !== undefined) return below('red', alarmBelow);
  if (markFrom !== undefined) return below('transparent', markFrom);
  return [
    { color: 'green', value: null },
    ...(warnFrom === undefined ? [] : [{ color: 'yellow', value: warnFrom }]),
    ...(alarmFrom === undefined ? [] : [{ color: 'red', value: alarmFrom }]),
  ];
}

/**
 * The SDK assigns no panel ids, so Grafana would create new ones on each load. And it puts links into a menu,
 * where nobody finds the other dashboards.
 */
function numbered(built: dashboard.Dashboard): dashboard.Dashboard {
  let id = 0;
  const panels = built.panels?.map((panel) => {
    id += 1;
    return { ...panel, id };
  });
  const links = built.links?.map(({ placement: _menu, ...link }) => link);
  return {
    ...built,
    ...(panels === undefined ? {} : { panels }),
    ...(links === undefined ? {} : { links }),
  };
}
