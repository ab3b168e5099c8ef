import { endpoints } from './endpoints.ts';
import { internals } from './internals.ts';
import { overview } from './overview.ts';
import { buildDashboard, type DashboardSpec } from './panels.ts';
import { requests } from './requests.ts';
import { team } from './team.ts';

/** By file name in grafana/dashboards. */
export const DASHBOARDS: Readonly<Record<string, DashboardSpec>> = {
  overview,
  endpoints,
  requests,
  team,
  internals,
};

/** The text of each file. */
export function renderDashboards(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(DASHBOARDS).map(([name, spec]) => [
      `${name}.json`,
      `${JSON.stringify(buildDashboard(spec), null, 2)}\n`,
    ]),
  );
}
