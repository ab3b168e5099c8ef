/**
 * The building blocks of the dashboards: a panel is a title, a description, a unit and queries.
 * Everything else (colours, legend, placement) is decided here once, so that all look alike.
 */
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

export interface Query {
  readonly expr: string;
  /** With labels in braces: `{{endpoint}}`. */
  readonly legend: string;
}

export interface PanelSpec {
  readonly kind: 'number' | 'lines' | 'stack' | 'heat' | 'states';
  readonly title: string;
  /** For people: what it shows, and when to worry. */
  readonly description: string;
  /** Of Grafana's units: `s`, `reqps`, `percentunit`, `currencyUSD`, … */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Of 24 columns. */
  readonly width?: number;
  /** Turns yellow and red from these values on; for `number` and `states`. */
  readonly warnFrom?: number;
  readonly alarmFrom?: number;
  /** Where small values are bad: red below it. */
  readonly alarmBelow?: number;
  /** Where neither is bad: nothing below it, green from it on. */
  readonly markFrom?: number;
  /** Of a `number`: the name of the series is what people want to know, not its value. */
  readonly shows?: 'value' | 'name';
}

export interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelSpec[] }[];
}

const HEIGHTS = { number: 4, lines: 8, stack: 8, heat: 8, states: 6 } as const;
const WIDTHS = { number: 4, lines: 12, stack: 12, heat: 12, states: 24 } as const;
const COLUMNS = 24;
const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
const TAG = 'zephyr';

export function buildDashboard(spec: DashboardSpec): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([TAG])
    .timezone('browser')
    .time({ from: 'now-3h', to: 'now' })
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
    );
  for (const row of spec.rows) {
    builder.withRow(new dashboard.RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(buildPanel(panel));
  }
  return numbered(builder.build());
}

type PanelBuilder =
  | heatmap.PanelBuilder
  | stat.PanelBuilder
  | statetimeline.PanelBuilder
  | timeseries.PanelBuilder;

function buildPanel(spec: PanelSpec): PanelBuilder {
  const panel = panelOfKind(spec);
  panel
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .datasource(DATASOURCE)
    .height(HEIGHTS[spec.kind])
    .span(Math.min(spec.width ?? WIDTHS[spec.kind], COLUMNS));
  spec.queries.forEach(({ expr, legend }, index) => {
    const query = new prometheus.DataqueryBuilder()
      .refId(String.fromCharCode('A'.charCodeAt(0) + index))
      .expr(expr)
      .legendFormat(legend)
      .datasource(DATASOURCE);
    if (spec.kind === 'heat') query.format(prometheus.PromQueryFormat.Heatmap);
    panel.withTarget(spec.kind === 'number' ? query.instant() : query.range());
  });
  return panel;
}

function panelOfKind(spec: PanelSpec): PanelBuilder {
  switch (spec.kind) {
    case 'number':
      return (
        new stat.PanelBuilder()
          .graphMode(common.BigValueGraphMode.None)
          .colorMode(common.BigValueColorMode.Value)
          // By itself Grafana shows a name only beside other names.
          .textMode(
            spec.shows === 'name' ? common.BigValueTextMode.Name : common.BigValueTextMode.Auto,
          )
          .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
          .thresholds(thresholdsOf(spec))
      );
    case 'lines':
    case 'stack':
      return lines(spec.kind === 'stack');
    case 'heat':
      return (
        new heatmap.PanelBuilder()
          .calculate(false)
          .cellGap(1)
          // The unit of the panel is that of its cells: how many.
          .yAxis(new heatmap.YAxisConfigBuilder().unit(spec.unit))
      );
    case 'states':
      return (
        new statetimeline.PanelBuilder()
          .mergeValues(true)
          .showValue(common.VisibilityMode.Never)
          // By itself this panel blends colours between its least and its greatest value.
          .colorScheme(
            new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds),
          )
          .thresholds(thresholdsOf(spec))
      );
  }
}

function lines(stacked: boolean): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .lineWidth(2)
    .fillOpacity(stacked ? 30 : 0)
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
  if (stacked) {
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
 * The SDK leaves panels without ids: Grafana would make new ones on each load. And it puts links into
 * a menu, where nobody looks for the other dashboards.
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

/** Per second, over a range that suits the zoom. */
export const rate = (metric: string): string => `rate(${metric}[$__rate_interval])`;

/** A percentile of a histogram, by labels, of the series that `where` selects. */
export function quantile(
  q: number,
  metric: string,
  { by = [], where = '' }: { readonly by?: readonly string[]; readonly where?: string } = {},
): string {
  const labels = ['le', ...by].join(', ');
  return `histogram_quantile(${q}, sum by (${labels}) (${rate(`${metric}_bucket${where}`)}))`;
}
