/**
 * The state that this controller shows. The leader reports its own batches, a standby what the leader has
 * committed; while Redis is away the last state stays, with the time since when it is stale. A view that a
 * standby cannot read makes the state not known: event streams fall silent, and their readers show it as stale.
 */
import type { ApiState } from '@zephyr/contract/api/api-state';
import type { EpochMs } from '@zephyr/contract/scalars';
import type { StoreConnection } from '@zephyr/contract/store';
import type { ConfigSource } from '@zephyr/runtime/config/watch/source';
import { VERSION } from '@zephyr/runtime/version';
import type { Redis } from 'ioredis';

import type { LeaderView } from './api-state.ts';

/** What Redis answers to this leader's commits. It outlasts a lost connection: only the next commit shows more. */
type CommitReplies =
  | { readonly status: 'accepted' }
  | { readonly status: 'refused'; readonly sinceAtMs: EpochMs };

const ACCEPTED: CommitReplies = { status: 'accepted' };

export interface CurrentStateDeps {
  readonly redis: Pick<Redis, 'status' | 'on'>;
  /** Provides the timestamps shown to people; see leader/redis-clock.ts. */
  readonly clock: { epochMs(): EpochMs };
  readonly configSource: Pick<ConfigSource, 'current' | 'subscribe'>;
  /** Where people reach the proxies, if configured. */
  readonly publicUrl: string | null;
}

export class CurrentState {
  readonly #listeners = new Set<() => void>();
  #view: LeaderView | 'none' | 'unreadable' = 'none';
  #leadership: ApiState['leadership'] = { status: 'standby', leaderId: null };
  #connection: StoreConnection;
  #commits: CommitReplies = ACCEPTED;
  #config: ApiState['config'];
  #snapshotVersion = 0;
  readonly #clock: CurrentStateDeps['clock'];
  readonly #publicUrl: string | null;

  constructor({ redis, clock, configSource, publicUrl }: CurrentStateDeps) {
    this.#clock = clock;
    this.#publicUrl = publicUrl;
    const away = () => ({ status: 'away', sinceAtMs: clock.epochMs() }) as const;
    this.#connection = redis.status === 'ready' ? { status: 'connected' } : away();
    redis.on('ready', () => this.#connectionIs({ status: 'connected' }));
    redis.on('close', () => {
      if (this.#connection.status === 'connected') this.#connectionIs(away());
    });
    const { hash } = configSource.current().config;
    this.#config = { status: 'applied', hash, atMs: clock.epochMs() };
    configSource.subscribe((change) => {
      const current = { hash: configSource.current().config.hash, atMs: clock.epochMs() };
      this.#config =
        change.status === 'applied'
          ? { status: 'applied', ...current }
          : { status: 'rejected', ...current, problems: change.problems };
      this.#changed();
    });
  }

  receiveLeadership(leadership: ApiState['leadership']): void {
    this.#leadership = leadership;
    if (leadership.status !== 'leading') this.#commits = ACCEPTED;
    this.#changed();
  }

  /** Reports whether Redis accepts this leader's commits. */
  receiveCommits(status: 'accepted' | 'refused'): void {
    if (status === this.#commits.status) return;
    this.#commits = status === 'refused' ? { status, sinceAtMs: this.#clock.epochMs() } : ACCEPTED;
    this.#changed();
  }

  /** @param snapshotVersion of the newest snapshot, if this controller published it */
  receiveView(view: LeaderView, snapshotVersion?: number): void {
    this.#view = view;
    this.#snapshotVersion = snapshotVersion ?? this.#snapshotVersion;
    this.#changed();
  }

  /** The leader has committed a view that this version cannot read, so the last one is out of date. */
  receiveUnreadableView(): void {
    if (this.#view === 'unreadable') return;
    this.#view = 'unreadable';
    this.#changed();
  }

  isUnreadable(): boolean {
    return this.#view === 'unreadable';
  }

  /** Undefined, for not known, before a leader has decided anything and while its view is unreadable. */
  state(): ApiState | undefined {
    if (typeof this.#view === 'string') return undefined;
    return {
      ...this.#view,
      version: VERSION,
      publicUrl: this.#publicUrl,
      leadership: this.#leadership,
      store: this.store(),
      config: this.#config,
    };
  }

  /** By the clock of the state shown. */
  epochMs(): EpochMs {
    return this.#clock.epochMs();
  }

  isLeading(): boolean {
    return this.#leadership.status === 'leading';
  }

  /** Version of the newest snapshot, 0 before the first; known only to a leader. */
  snapshotVersion(): number {
    return this.#snapshotVersion;
  }

  config(): ApiState['config'] {
    return this.#config;
  }

  store(): ApiState['store'] {
    const [connection, commits] = [this.#connection, this.#commits];
    if (connection.status === 'away' || commits.status === 'accepted') return connection;
    return { status: 'refuses_writes', sinceAtMs: commits.sinceAtMs };
  }

  /** Returns a function that stops listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #connectionIs(connection: StoreConnection): void {
    this.#connection = connection;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
