import { expect, it } from 'vitest';

import { renderTable } from './table.ts';

it('aligns names in any script: a Chinese character and an emoji take two columns', () => {
  expect(
    renderTable(
      ['name', 'ms'],
      [
        ['上海 🚀', '1'],
        ['Tokyo', '20'],
      ],
    ),
  ).toBe(['name     ms', '-------  --', '上海 🚀  1', 'Tokyo    20'].join('\n'));
});
