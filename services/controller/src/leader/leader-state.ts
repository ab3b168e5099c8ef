/**
 * The complete state of the leader: the world of the decision core, the statistics, and its position in each
 * stream. Committed with each batch, so that a new leader resumes exactly where the old one ended, and
 * nothing is counted twice or missed.
 */
import { apiStateSchema } from '@zephyr/contract/api/api-state';
import type { RoutingSnapshot } from '@zephyr/contract/route/snapshot';
import type { BudgetWarning, World } from '@zephyr/core';
import type { LoadedConfig } from '@zephyr/runtime/config/config';
import { messageOf } from '@zephyr/runtime/errors';
import { keys } from '@zephyr/runtime/redis/keys';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { LeaderView } from '../view/api-state.ts';
import type { Statistics } from '../view/statistics.ts';
import type { Cursors } from './streams.ts';

export interface LeaderState {
  readonly world: World;
  readonly statistics: Statistics;
  readonly cursors: Cursors;
  /** Warnings already given for people's budgets in the current periods. */
  readonly budgetWarnings: readonly BudgetWarning[];
}

/** The leader's position after the last committed batch. */
export interface Progress {
  readonly state: LeaderState;
  /** The newest snapshot, of this leader or its predecessor. */
  readonly snapshot: RoutingSnapshot | undefined;
  /** The configuration that the state reflects; undefined before the first batch. */
  readonly loaded: LoadedConfig | undefined;
  /** Monotonic time of the last batch with a tick. */
  readonly tickedAtMs: number;
}

/**
 * Version of the shape of a stored LeaderState. A checkpoint of another version is not read: the state is
 * rebuilt from wishes, snapshot and the last probes. Raise it whenever the shape, or the meaning of a field,
 * changes; leader-state.test.ts fails if the shape has changed.
 */
export const CHECKPOINT_VERSION = 20;

export interface Checkpoint {
  readonly version: number;
  readonly state: LeaderState;
}

export const checkpointOf = (state: LeaderState): Checkpoint => ({
  version: CHECKPOINT_VERSION,
  state,
});

/** State of the last leader in Redis. */
export type StoredState =
  | { readonly status: 'none' }
  /** Written by another version of the controller, or by something else. */
  | { readonly status: 'unreadable' }
  | { readonly status: 'read'; readonly state: LeaderState };

const checkpointSchema = z.object({
  version: z.literal(CHECKPOINT_VERSION),
  state: z.custom<LeaderState>((value) => typeof value === 'object' && value !== null),
});

/** Without what each controller adds itself: see `LeaderView`. */
const viewSchema = apiStateSchema.omit({
  version: true,
  leadership: true,
  store: true,
  config: true,
  publicUrl: true,
});

/** What the leader shows, as stored with each batch. */
export type StoredView =
  /** Before the first batch. */
  | { readonly status: 'none' }
  /** Written by another version of the controller, with other fields or words. */
  | { readonly status: 'unreadable'; readonly why: string }
  | { readonly status: 'read'; readonly view: LeaderView };

export interface Committed {
  readonly state: StoredState;
  readonly view: StoredView;
}

/** Reads state and view of the same batch; a view is parsed once, because a standby reads it every second. */
export class CommittedReader {
  readonly #redis: Pick<Redis, 'mget'>;
  #text: string | null = null;
  #view: StoredView = { status: 'none' };

  constructor(redis: Pick<Redis, 'mget'>) {
    this.#redis = redis;
  }

  async read(): Promise<Committed> {
    const [state = null, text = null] = await this.#redis.mget(keys.world, keys.view);
    if (text !== this.#text) {
      this.#view = parseView(text);
      this.#text = text;
    }
    return { state: parseCheckpoint(state), view: this.#view };
  }
}

export async function readCheckpoint(redis: Pick<Redis, 'get'>): Promise<StoredState> {
  return parseCheckpoint(await redis.get(keys.world));
}

/** Gaps would be shown as values: a missing amount as NaN. */
function parseView(text: string | null): StoredView {
  if (text === null) return { status: 'none' };
  try {
    return { status: 'read', view: viewSchema.parse(JSON.parse(text)) };
  } catch (error) {
    return { status: 'unreadable', why: messageOf(error) };
  }
}

function parseCheckpoint(text: string | null): StoredState {
  if (text === null) return { status: 'none' };
  try {
    return { status: 'read', state: checkpointSchema.parse(JSON.parse(text)).state };
  } catch {
    return { status: 'unreadable' };
  }
}
