import { ANONYMOUS, NONE, OTHER, PROBES } from '@zephyr/contract/reserved-names';
import { expect, it } from 'vitest';

import { translator } from './translate.ts';
import { usageName } from './usage-names.ts';

it.each([
  ['person', 'ann', 'ann'],
  ['person', ANONYMOUS, '匿名'],
  ['person', PROBES, '探测'],
  ['person', OTHER, '其他'],
  // No person is missing, so this is somebody's name.
  ['person', NONE, NONE],
  ['model', NONE, '–'],
  ['model', OTHER, '其他'],
  ['endpoint', PROBES, PROBES],
  ['day', '2026-11-28', '2026-11-28'],
] as const)('a name of the ledger in words: %s %s', (dimension, name, text) => {
  expect(usageName(dimension, name, translator('zh'))).toBe(text);
});
