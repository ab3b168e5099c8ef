/**
 * What this controller shows. The leader reports its own batches, a standby what the leader has
 * committed; it stays when Redis goes away, with the time since when it is old.
 */
import type { ApiState } from '@zephyr/contract/api-state';
import type { EpochMs } from '@zephyr/contract/scalars';
import type { ConfigSource } from '@zephyr/runtime/config/source';
import { VERSION } from '@zephyr/runtime/version';
import type { Redis } from 'ioredis';

import type { LeaderView } from './api-state.ts';

export type State = ApiState;

export interface CurrentStateDeps {
  readonly redis: Pick<Redis, 'status' | 'on'>;
  /** The moment that people are shown; leader/redis-clock.ts. */
  readonly clock: { now(): EpochMs };
  readonly configSource: Pick<ConfigSource, 'current' | 'subscribe'>;
}

export class CurrentState {
  readonly #listeners = new Set<() => void>();
  #view: LeaderView | undefined;
  #leadership: State['leadership'] = { status: 'standby', leaderId: null };
  #store: State['store'];
  #config: State['config'];
  #snapshotVersion = 0;
  readonly #clock: CurrentStateDeps['clock'];

  constructor({ redis, clock, configSource }: CurrentStateDeps) {
    this.#clock = clock;
    const away = (): State['store'] => ({ status: 'away', sinceAtMs: clock.now() });
    this.#store = redis.status === 'ready' ? { status: 'connected' } : away();
    redis.on('ready', () => this.#storeIs({ status: 'connected' }));
    redis.on('close', () => {
      if (this.#store.status === 'connected') this.#storeIs(away());
    });
    const { hash } = configSource.current().config;
    this.#config = { status: 'applied', hash, atMs: clock.now() };
    configSource.subscribe((change) => {
      const current = { hash: configSource.current().config.hash, atMs: clock.now() };
      this.#config =
        change.status === 'applied'
          ? { status: 'applied', ...current }
          : { status: 'refused', ...current, problems: change.problems };
      this.#changed();
    });
  }

  receiveLeadership(leadership: State['leadership']): void {
    this.#leadership = leadership;
    this.#changed();
  }

  /** @param snapshotVersion of the newest snapshot, where this controller published it. */
  receiveView(view: LeaderView, snapshotVersion?: number): void {
    this.#view = view;
    this.#snapshotVersion = snapshotVersion ?? this.#snapshotVersion;
    this.#changed();
  }

  /** Undefined before a leader has decided anything. */
  state(): State | undefined {
    if (this.#view === undefined) return undefined;
    return {
      ...this.#view,
      version: VERSION,
      leadership: this.#leadership,
      store: this.#store,
      config: this.#config,
    };
  }

  /** By the clock of what is shown. */
  now(): EpochMs {
    return this.#clock.now();
  }

  isLeading(): boolean {
    return this.#leadership.status === 'leading';
  }

  /** Of the newest snapshot, 0 before the first; known to a leader only. */
  snapshotVersion(): number {
    return this.#snapshotVersion;
  }

  config(): State['config'] {
    return this.#config;
  }

  store(): State['store'] {
    return this.#store;
  }

  /** Returns how to stop listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #storeIs(store: State['store']): void {
    this.#store = store;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
