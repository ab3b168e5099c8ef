import { describe, expect, it } from 'vitest';

import { DASHBOARDS, renderDashboards } from './source/dashboards.ts';

describe('the dashboards of Grafana', () => {
  it('describe each panel', () => {
    for (const spec of Object.values(DASHBOARDS)) {
      const panels = spec.rows.flatMap((row) => row.panels);
      for (const { title, description } of panels)
        expect(description, title).toMatch(/^[A-Z0-9].*\.$/);
      expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    }
  });

  it('number their panels and queries, which Grafana would otherwise do on each load', () => {
    for (const [file, text] of renderDashboards()) {
      const { panels } = JSON.parse(text) as {
        panels: { id: number; type: string; targets?: { refId: string }[] }[];
      };
      expect(new Set(panels.map(({ id }) => id)).size, file).toBe(panels.length);
      for (const panel of panels.filter(({ type }) => type !== 'row')) {
        expect(panel.targets?.map(({ refId }) => refId)[0], file).toBe('A');
      }
    }
  });

  it('name the active endpoint, and colour states by their thresholds', () => {
    const panels = [...renderDashboards()].flatMap(
      ([, text]) => (JSON.parse(text) as { panels: Panel[] }).panels,
    );
    const active = panels.find(({ title }) => title === 'Active endpoint');
    expect(active?.options?.textMode).toBe('name');
    const states = panels.filter(({ type }) => type === 'state-timeline');
    expect(states.length).toBeGreaterThan(0);
    for (const { title, fieldConfig } of states) {
      expect(fieldConfig?.defaults.color?.mode, title).toBe('thresholds');
    }
  });
});

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly options?: { readonly textMode?: string };
  readonly fieldConfig?: { readonly defaults: { readonly color?: { readonly mode: string } } };
}
