import type { Effect } from '@zephyr/core';
import type { LeaderView } from '../view/view.ts';
import type { Mind } from './leader-state.ts';

/** What the rest of this process learns of a turn of the leader, after it was written. */
export interface CommittedTurn {
  readonly mind: Mind;
  readonly effects: readonly Effect[];
  readonly view: LeaderView;
  /** Of the newest snapshot. */
  readonly snapshotVersion: number;
}
