import { describe, expect, it } from 'vitest';

import { spoken } from '../../phrase.ts';
import { checkTeams } from './teams.ts';

const clients = [{ name: 'ann' }, { name: 'bob' }];
const problemsOf = (...teams: readonly object[]) =>
  checkTeams({ clients, teams }).map(({ path, found }) => `${path.join('.')}: ${spoken(found)}`);

describe('checkTeams', () => {
  it.each([
    [
      'people in one team each',
      [
        { name: 'x', members: ['ann'] },
        { name: 'y', members: ['bob'] },
      ],
    ],
    ['no teams', []],
  ])('takes %s', (_, teams) => {
    expect(problemsOf(...teams)).toEqual([]);
  });

  it('knows each member', () => {
    expect(problemsOf({ name: 'x', members: ['ann', 'eve'] })).toEqual([
      'teams.0.members.1: "eve", which is not a client',
    ]);
  });

  it('rejects a person in two teams, or twice in one', () => {
    const both = { members: ['ann'] };
    expect(problemsOf({ name: 'x', ...both }, { name: 'y', ...both })).toEqual([
      'teams.1.members.0: "ann", already a member of "x"',
    ]);
    expect(problemsOf({ name: 'x', members: ['bob', 'bob'] })).toHaveLength(1);
  });

  it('requires distinct names for teams and people', () => {
    const found = (name: string) => `a second client or team with the name "${name}"`;
    expect(problemsOf({ name: 'ann', members: ['ann'] })).toEqual([
      `teams.0.name: ${found('ann')}`,
    ]);
    expect(problemsOf({ name: 'x', members: ['ann'] }, { name: 'x', members: ['bob'] })).toEqual([
      `teams.1.name: ${found('x')}`,
    ]);
  });
});
