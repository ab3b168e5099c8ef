import { describe, expect, it } from 'vitest';

import { endpointId } from '../types.ts';
import type { Blame } from './ejection.ts';
import { EjectionStore } from './ejection-store.ts';
import { MAX_KNOWN } from './known-by-endpoint.ts';

const a = endpointId('a');
const policy = { failuresToEject: 2, baseMs: 10_000, maxMs: 300_000, maxCoolDownMs: 1_800_000 };
const by = (caller: string) => ({ kind: 'request', caller, isAnsweredElsewhere: true }) as const;
const CERTAIN = { kind: 'certain' } as const;
const PROVEN = { kind: 'proven', caller: 'ann' } as const;

function watched() {
  const changes: string[] = [];
  const blamed: string[] = [];
  const ejections = new EjectionStore({
    policy,
    rng: () => 0.5,
    onChange: (id, before, after) => changes.push(`${id} ${before.status}>${after.status}`),
    onBlamed: ({ id, failure }) => blamed.push(`${id} ${failure}`),
  });
  const blame = (evidence: Blame['evidence'], nowMs: number): void => {
    const ejectionCount = ejections.ejectionCountOf(a);
    ejections.blame({ id: a, failure: 'reset', ejectionCount }, { ...ALONE, evidence, nowMs });
  };
  return { ejections, changes, blamed, blame };
}

const ALONE = { isAlone: true, isFailingElsewhere: false };

describe('EjectionStore', () => {
  it('reports each change of status, and nothing else', () => {
    const { ejections, changes, blame } = watched();
    blame(PROVEN, 0);
    expect(changes).toEqual([]);
    blame(PROVEN, 0);
    blame(CERTAIN, 1);
    ejections.recover(a);
    ejections.recover(a);
    for (let answer = 0; answer < 5; answer += 1) ejections.noteSuccess(a, 1, 2);
    expect(changes).toEqual([
      ...['a admitted>ejected', 'a ejected>half_open', 'a half_open>admitted'],
    ]);
  });

  it('blames each proven failure, and for one person one per ten seconds', () => {
    const { blamed, blame } = watched();
    blame(by('ann'), 1_000);
    blame(by('ann'), 10_999);
    expect(blamed).toHaveLength(1);
    blame(by('ann'), 11_000);
    expect(blamed).toHaveLength(2);
    blame(by('ann'), 12_000);
    expect(blamed).toHaveLength(2);
    blame(PROVEN, 12_000);
    expect(blamed).toHaveLength(3);
  });

  it('remembers the person reported last if there are too many to remember', () => {
    const { ejections, blamed } = watched();
    // From before its last ejection, so that nothing is ejected.
    const failed = { id: a, failure: 'reset', ejectionCount: -1 } as const;
    const blame = (caller: string, nowMs: number): void =>
      ejections.blame(failed, { ...ALONE, evidence: by(caller), nowMs });
    blame('ann', 0);
    blame('bob', 0);
    blame('ann', 10_000);
    for (let other = 1; other < MAX_KNOWN; other += 1) blame(`person-${other}`, 10_000);
    const before = blamed.length;
    blame('ann', 10_001);
    expect(blamed).toHaveLength(before);
    blame('bob', 10_001);
    expect(blamed).toHaveLength(before + 1);
  });

  it('blames an unanswered failure only if it ejects', () => {
    const { blamed, blame } = watched();
    const open = (caller: string) => ({ ...by(caller), isAnsweredElsewhere: false });
    blame(open('ann'), 0);
    expect(blamed).toEqual([]);
    blame(open('bob'), 0);
    expect(blamed).toEqual(['a reset']);
    blame(open('cyd'), 0);
    expect(blamed).toEqual(['a reset']);
  });

  it('forgets reports about a former URL', () => {
    const { ejections, blamed, blame } = watched();
    blame(by('ann'), 0);
    ejections.forget(a);
    blame(by('ann'), 0);
    expect(blamed).toHaveLength(2);
    blame(CERTAIN, 0);
    ejections.forget(a);
    expect(ejections.stateOf(a).status).toBe('admitted');
  });

  it('applies a changed policy', () => {
    const { ejections, blame } = watched();
    ejections.reconfigure({ ...policy, failuresToEject: 1 });
    blame(PROVEN, 0);
    expect(ejections.at(a, 0).status).toBe('ejected');
    expect(ejections.policy.failuresToEject).toBe(1);
  });

  it('counts trials', () => {
    const { ejections } = watched();
    const first = ejections.beginTrial(a, 0);
    ejections.beginTrial(a, 0);
    first.active -= 1;
    expect([ejections.trialsOf(a), ejections.silentForMs(a, 5)]).toEqual([1, 5]);
    first.active -= 1;
    expect(ejections.silentForMs(a, 5)).toBe(0);
    ejections.beginTrial(a, 7);
    expect(ejections.silentForMs(a, 9)).toBe(2);
    ejections.forget(a);
    expect(ejections.trialsOf(a)).toBe(0);
  });
});
