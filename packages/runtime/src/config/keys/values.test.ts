import { MAX_DISPLAY_NAME_CHARACTERS, MAX_PERSON_CHARACTERS } from '@zephyr/contract/names';
import { expect, it } from 'vitest';

import { displayName, personOrTeamName } from './values.ts';

it.each([
  ['of a person or a team', personOrTeamName, MAX_PERSON_CHARACTERS],
  ['of a group or an endpoint', displayName, MAX_DISPLAY_NAME_CHARACTERS],
])('a name %s has the length of the contract, as does its message', (_, schema, most) => {
  expect(schema.safeParse('n'.repeat(most)).success).toBe(true);
  expect(schema.safeParse('n'.repeat(most + 1)).success).toBe(false);
  const issues = schema.safeParse(' '.repeat(2)).error?.issues ?? [];
  expect(issues.map(({ message }) => message).join()).toContain(`1 to ${most} `);
});
