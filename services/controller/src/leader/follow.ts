/**
 * A standby shows what the leader commits. A view that it cannot read, of a leader of another version, replaces
 * the one before as well: that one is out of date, and would be shown as live.
 */
import { type Logger, MAX_WHY_CHARACTERS } from '@zephyr/runtime/logger';
import type { Redis } from 'ioredis';

import type { CurrentState } from '../view/current-state.ts';
import { CommittedReader, type StoredState } from './leader-state.ts';

export interface FollowDeps {
  readonly redis: Pick<Redis, 'mget'>;
  readonly current: Pick<CurrentState, 'isUnreadable' | 'receiveView' | 'receiveUnreadableView'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Returns a function that shows the committed view, and returns the committed state. */
export function createFollower({ redis, current, log }: FollowDeps): () => Promise<StoredState> {
  const reader = new CommittedReader(redis);
  return async () => {
    const { state, view } = await reader.read();
    if (view.status === 'read') {
      if (current.isUnreadable()) log.info('the state of the leader can be read again');
      current.receiveView(view.view);
    }
    if (view.status === 'unreadable') {
      const why = view.why.slice(0, MAX_WHY_CHARACTERS);
      if (!current.isUnreadable()) {
        log.warn({ why }, 'the state of the leader cannot be read: not shown');
      }
      current.receiveUnreadableView();
    }
    return state;
  };
}
