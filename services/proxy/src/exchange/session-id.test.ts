import { expect, it } from 'vitest';

import { sessionIdIn } from './session-id.ts';

const UUID = '3f2b8a54-0c7b-4f0e-9a51-0c8f6f5d8a11';

it.each<[string | string[] | undefined, string | undefined]>([
  [UUID, UUID],
  ['12345678', '12345678'],
  ['1234567', undefined],
  ['x'.repeat(64), 'x'.repeat(64)],
  ['x'.repeat(65), undefined],
  ['with a blank', undefined],
  [[UUID], undefined],
  [undefined, undefined],
])('the header %j is the session %s', (header, id) => {
  expect(sessionIdIn({ 'x-claude-code-session-id': header })).toBe(id);
});
