import { describe, expect, it } from 'vitest';

import { groupsOf, listedEndpoints } from './endpoint-list.ts';

const endpoints = [
  { name: 'Hong Kong', groupName: 'relay', rank: 1, successRatio: 0.9 },
  { name: 'backup', groupName: 'direct', rank: null, successRatio: null },
  { name: 'Singapore', groupName: 'relay', rank: 0, successRatio: 1 },
];

describe('the list of endpoints', () => {
  it.each([
    ['trial', '', ['Singapore', 'Hong Kong', 'backup']],
    ['name', '', ['backup', 'Hong Kong', 'Singapore']],
    ['group', '', ['backup', 'Singapore', 'Hong Kong']],
    ['success', '', ['Hong Kong', 'Singapore', 'backup']],
    ['trial', ' KONG', ['Hong Kong']],
    ['trial', 'direct', ['backup']],
    ['trial', 'nobody', []],
  ] as const)('is in the order of %s, with "%s" in it', (order, filter, names) => {
    expect(listedEndpoints(endpoints, { filter, order }).map(({ name }) => name)).toEqual(names);
  });

  it('has a heading per group if sorted by group, and none otherwise', () => {
    const listed = listedEndpoints(endpoints, { filter: '', order: 'group' });
    expect(
      groupsOf(listed, 'group').map(({ name, endpoints }) => [name, endpoints.length]),
    ).toEqual([
      ['direct', 1],
      ['relay', 2],
    ]);
    expect(groupsOf(listed, 'trial')).toEqual([{ name: '', endpoints: listed }]);
  });
});
