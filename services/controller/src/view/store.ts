/**
 * What this controller knows and tells: the leader learns it by its own turns, a standby reads
 * what the leader has committed. It stays when Redis goes away, with the time since when it is old.
 */
import type { ApiState } from '@zephyr/runtime/api';
import type { ConfigSource } from '@zephyr/runtime/config/source';
import type { Logger } from '@zephyr/runtime/logger';
import { keys } from '@zephyr/runtime/redis/keys';
import type { Redis } from 'ioredis';
import type { CommittedTurn } from '../leader/committed-batch.ts';
import { type Mind, readCheckpoint } from '../leader/leader-state.ts';
import type { Leadership } from '../leader/leadership.ts';
import type { RedisClock } from '../leader/redis-clock.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import type { LeaderView } from './view.ts';

const POLL_MS = 1_000;

export type State = DeepReadonly<ApiState>;

interface KnowledgeDeps {
  readonly redis: Redis;
  readonly log: Logger;
  readonly clock: RedisClock;
  readonly configSource: ConfigSource;
}

export class Knowledge {
  readonly #deps: KnowledgeDeps;
  readonly #listeners = new Set<() => void>();
  #mind: Mind | undefined;
  #view: LeaderView | undefined;
  #leadership: Leadership | undefined;
  #store: ApiState['store'];
  #config: ApiState['config'];
  #snapshotVersion = 0;
  #poll: NodeJS.Timeout | undefined;

  constructor(deps: KnowledgeDeps) {
    this.#deps = deps;
    const { redis, clock, configSource } = deps;
    const away = () => {
      if (this.#store.status === 'connected')
        this.#storeIs({ status: 'away', sinceAtMs: clock.now() });
    };
    this.#store =
      redis.status === 'ready'
        ? { status: 'connected' }
        : { status: 'away', sinceAtMs: clock.now() };
    redis.on('ready', () => this.#storeIs({ status: 'connected' }));
    redis.on('close', away);
    const { hash } = configSource.current().config;
    this.#config = { status: 'applied', hash, atMs: clock.now() };
    configSource.subscribe((change) => {
      const current = { hash: configSource.current().config.hash, atMs: clock.now() };
      this.#config =
        change.status === 'applied'
          ? { status: 'applied', ...current }
          : { status: 'refused', ...current, problems: [...change.problems] };
      this.#changed();
    });
  }

  /** Begins to read what the leader commits, whenever this controller does not lead. */
  follow(leadership: Leadership): void {
    this.#leadership = leadership;
    this.#poll = setInterval(() => void this.#readLeader(leadership), POLL_MS);
  }

  stop(): void {
    clearInterval(this.#poll);
  }

  learn({ mind, view, snapshotVersion }: CommittedTurn): void {
    this.#snapshotVersion = snapshotVersion;
    this.#mind = mind;
    this.#view = view;
    this.#changed();
  }

  mind(): Mind | undefined {
    return this.#mind;
  }

  /** Undefined until a leader has been heard of. */
  state(): State | undefined {
    if (this.#view === undefined) return undefined;
    return {
      ...this.#view,
      leadership: this.#leadershipView(),
      store: this.#store,
      config: this.#config,
    };
  }

  isLeading(): boolean {
    return this.#leadership?.state().status === 'leading';
  }

  /** Of the newest snapshot, 0 before the first; of a leader only. */
  snapshotVersion(): number {
    return this.#snapshotVersion;
  }

  config(): ApiState['config'] {
    return this.#config;
  }

  store(): ApiState['store'] {
    return this.#store;
  }

  /** Returns how to stop listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #readLeader(leadership: Leadership): Promise<void> {
    if (leadership.state().status === 'leading' || this.#store.status === 'away') return;
    try {
      const text = await this.#deps.redis.get(keys.view);
      // Written by the leader's own code from a checked state.
      if (text !== null) this.#view = JSON.parse(text) as LeaderView;
      this.#mind = (await readCheckpoint(this.#deps.redis)) ?? this.#mind;
      this.#changed();
    } catch (error) {
      this.#deps.log.debug({ err: error }, 'reading what the leader knows failed');
    }
  }

  #leadershipView(): ApiState['leadership'] {
    const state = this.#leadership?.state();
    if (state?.status === 'leading') return state;
    return {
      status: 'standby',
      leaderId: state?.status === 'candidate' ? state.leaderId : null,
    };
  }

  #storeIs(store: ApiState['store']): void {
    this.#store = store;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
