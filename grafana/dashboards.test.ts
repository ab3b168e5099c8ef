import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { DASHBOARDS, renderDashboards } from './source/dashboards.ts';
import { VARIABLES } from './source/surroundings.ts';

const { homepage } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'),
) as { homepage?: string };
const rendered = [...renderDashboards()].map(([file, text]) => ({
  file,
  ...(JSON.parse(text) as Rendered),
}));
const panels = rendered.flatMap(({ file, panels: all }) =>
  all
    .filter(({ type }) => type !== 'row')
    .map((panel) => ({ name: `${file}: ${panel.title}`, ...panel })),
);

describe('the dashboards of Grafana', () => {
  it('describe each panel', () => {
    for (const spec of Object.values(DASHBOARDS)) {
      const specs = spec.rows.flatMap((row) => row.panels);
      for (const { title, description } of specs)
        expect(description, title).toMatch(/^[A-Z0-9].*\.$/);
      expect(new Set(specs.map(({ title }) => title)).size).toBe(specs.length);
    }
  });

  it('number their panels and queries, which Grafana would otherwise do on each load', () => {
    for (const { file, panels: all } of rendered) {
      expect(new Set(all.map(({ id }) => id)).size, file).toBe(all.length);
    }
    for (const { name, targets } of panels) expect(targets[0]?.refId, name).toBe('A');
  });

  it.each(panels)('give a unit, decimals, a text for nothing and links: $name', (panel) => {
    const { unit, decimals, noValue } = panel.fieldConfig.defaults;
    expect(unit).toBeTruthy();
    expect(decimals).toBeTypeOf('number');
    expect(noValue).toMatch(/^[A-Z]/);
    const [other, docs] = panel.links.map(({ url }) => url);
    const [, uid = ''] = /^\/d\/([\w-]+)\?\$\{__url_time_range\}/.exec(other ?? '') ?? [];
    expect(rendered.map((dashboard) => dashboard.uid)).toContain(uid);
    expect(docs === undefined).toBe(homepage === undefined);
  });

  it.each(Object.values(DASHBOARDS))(
    'are explained by a heading of the docs: $title',
    ({ docs }) => {
      const [page = '', anchor] = docs.split('#');
      const text = readFileSync(join(import.meta.dirname, '../docs', page), 'utf8');
      const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        heading.toLowerCase().replaceAll(' ', '-'),
      );
      expect(anchors).toContain(anchor);
    },
  );

  it('give each name one colour, in every panel that has lines or bars', () => {
    const drawn = panels.filter(({ type }) => type === 'timeseries' || type === 'bargauge');
    expect(drawn.length).toBeGreaterThan(20);
    for (const { name, fieldConfig } of drawn) {
      expect(fieldConfig.defaults.color?.mode, name).toBe('palette-classic-by-name');
    }
  });

  it('name their lines by labels that the queries keep', () => {
    for (const { name, targets } of panels) {
      for (const { expr, legendFormat } of targets) {
        const grouped = [...expr.matchAll(/\b(?:by|group_left) \(([^)]*)\)/g)].map(([, of]) => of);
        const labels = grouped.join(',').split(/[,\s]+/);
        for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
          if (grouped.length > 0) expect(labels, `${name}: ${expr}`).toContain(label);
        }
      }
    }
  });

  it('show endpoints under the names that people gave them', () => {
    for (const { name, targets } of panels) {
      for (const { expr, legendFormat } of targets) {
        expect(legendFormat, name).not.toContain('{{endpoint}}');
        expect(/\bby \([^)]*\bendpoint\b/.test(expr), name).toBe(legendFormat.includes('{{name}}'));
        if (legendFormat.includes('{{name}}')) {
          expect(expr, name).toContain('group_left (name)');
        }
      }
    }
  });

  it('have words for the values of states', () => {
    const states = panels.filter(({ type }) => type === 'state-timeline');
    expect(states.length).toBeGreaterThan(4);
    for (const { name, fieldConfig } of states) {
      // By default this panel blends colours between its minimum and maximum.
      expect(fieldConfig.defaults.color?.mode, name).toBe('thresholds');
      expect(Object.keys(fieldConfig.defaults.mappings?.[0]?.options ?? {}), name).toEqual([
        '0',
        '1',
      ]);
    }
    const mapped = panels.filter(({ fieldConfig }) => fieldConfig.defaults.mappings?.length === 1);
    expect(mapped.map(({ title }) => title)).toContain('Manual mode');
    const active = panels.find(({ title }) => title === 'Active endpoint');
    expect(active?.options?.textMode).toBe('name');
  });

  it('have variables for the selections of their queries, and use each', () => {
    const known = new Set<string>();
    for (const { file, panels: all, templating } of rendered) {
      const declared = templating.list
        .map(({ name }) => name)
        .filter((name) => name !== 'datasource');
      const text = JSON.stringify([all.map(({ targets }) => targets), templating]);
      const chosen = VARIABLES.filter((name) => text.includes(`$${name}`));
      expect(chosen, file).toEqual(declared);
      for (const name of declared) known.add(name);
    }
    expect([...known].toSorted()).toEqual([...VARIABLES].toSorted());
  });

  it('mark switches, configurations and restarts at their moments', () => {
    for (const { file, annotations } of rendered) {
      expect(
        annotations.list.map(({ name }) => name),
        file,
      ).toEqual([...['Switches', 'Configuration', 'Restarts']]);
      for (const { useValueForTime, expr, name } of annotations.list) {
        expect(useValueForTime, name).toBe(true);
        expect(expr, name).toContain('* 1000');
      }
    }
  });
});

interface Rendered {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly annotations: {
    readonly list: readonly {
      readonly name: string;
      readonly expr: string;
      readonly useValueForTime?: boolean;
    }[];
  };
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly links: readonly { readonly url: string }[];
  readonly targets: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
  readonly options?: { readonly textMode?: string };
  readonly fieldConfig: {
    readonly defaults: {
      readonly unit?: string;
      readonly decimals?: number;
      readonly noValue?: string;
      readonly color?: { readonly mode: string };
      readonly mappings?: readonly { readonly options: Readonly<Record<string, object>> }[];
    };
  };
}
