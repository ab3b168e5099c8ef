import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { generatedFiles, root } from './files.ts';

describe('generated files', () => {
  it.each([...generatedFiles()])('%s is what npm run generate makes', (path, text) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });

  it('are all the dashboards that Grafana is given', () => {
    const made = [...generatedFiles().keys()].filter((path) =>
      path.startsWith('grafana/dashboards/'),
    );
    const found = readdirSync(join(root, 'grafana/dashboards'));
    expect(found.map((file) => `grafana/dashboards/${file}`).sort()).toEqual(made.sort());
  });
});
