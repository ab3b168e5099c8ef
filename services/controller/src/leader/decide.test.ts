import type { Budget } from '@zephyr/contract/people-limits';
import type { ProxyPresence } from '@zephyr/contract/presence';
import { describe, expect, it } from 'vitest';

import { freshProgress, readingOf } from '../test-support/batches.ts';
import { decide } from './decide.ts';

/** Another version of the proxy may report events that this core cannot process. */
const foreign = { proxyId: 'p' } as ProxyPresence;

describe('decide', () => {
  it('skips an event that the core cannot process, and does not record it', () => {
    const batch = decide(freshProgress(), readingOf({ presences: [foreign] }));
    expect(batch.setAside.map(({ kind, id }) => [kind, id])).toEqual([['presence', 'p']]);
    expect(batch.inputs.map(({ event }) => event.kind)).toEqual(['tick']);
  });

  it('reports once that a budget is spent, even if it is not read with each batch', () => {
    const budget: Budget = {
      ...{ name: 'ann', of: 'person', period: 'day', budget_usd: 5, granted_usd: 0, used_usd: 5 },
      ...{ left_usd: 0, resets_at: '2026-11-29T00:00:00.000Z' },
    };
    const progress = freshProgress();
    const noticesOf = ({ effects }: ReturnType<typeof decide>) =>
      effects.flatMap((effect) =>
        effect.kind === 'notice' && effect.notice.code.startsWith('person_') ? [effect.notice] : [],
      );
    const first = decide(progress, readingOf({ budgets: [budget] }));
    expect(noticesOf(first)).toEqual([{ code: 'person_budget_spent', name: 'ann', period: 'day' }]);
    const unread = decide({ ...progress, state: first.state }, readingOf());
    const third = decide({ ...progress, state: unread.state }, readingOf({ budgets: [budget] }));
    expect([...noticesOf(unread), ...noticesOf(third)]).toEqual([]);
  });
});
