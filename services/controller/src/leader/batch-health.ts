/**
 * Whether the leader's batches succeed, and which records had to be set aside: for `/readyz`, `/health`,
 * metrics and the log.
 */
import type { Clock } from '@zephyr/runtime/clock';
import { type Logger, MAX_WHY_CHARACTERS } from '@zephyr/runtime/logger';

/** Where the record was, or `event` for an event that the core could not process. */
export const RECORD_KINDS = ['commands', 'probes', 'outcomes', 'presence', 'event'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** Reports a record that is left out. @param id of the entry in its stream, or of the proxy */
export type SetAside = (kind: RecordKind, id: string, why: string) => void;

/** A single lost reply of Redis also fails a batch: only lasting failures are worth an alarm. */
const FAILING_AFTER_MS = 5_000;
/** Without a batch for this long another controller leads, and its batches are not ours. */
const FORGOTTEN_AFTER_MS = 15_000;
/** Per kind; further records are only counted. */
const LOG_INTERVAL_MS = 10_000;

export interface BatchHealthDeps {
  readonly log: Logger;
  readonly clock: Clock;
  /** Called for each record that is set aside. */
  readonly counted: (kind: RecordKind) => void;
}

export class BatchHealth {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #counted: (kind: RecordKind) => void;
  readonly #loggedAtMs = new Map<RecordKind, number>();
  #failing: { readonly sinceAtMs: number; readonly lastAtMs: number } | undefined;
  #setAside = 0;

  constructor(deps: BatchHealthDeps) {
    this.#log = deps.log;
    this.#clock = deps.clock;
    this.#counted = deps.counted;
  }

  succeeded(): void {
    this.#failing = undefined;
  }

  failed(): void {
    const lastAtMs = this.#clock.nowMs();
    this.#failing = { sinceAtMs: this.#recent(lastAtMs)?.sinceAtMs ?? lastAtMs, lastAtMs };
  }

  get isFailing(): boolean {
    const nowMs = this.#clock.nowMs();
    const failing = this.#recent(nowMs);
    return failing !== undefined && nowMs - failing.sinceAtMs >= FAILING_AFTER_MS;
  }

  /** Since the start of this process. */
  get recordsSetAside(): number {
    return this.#setAside;
  }

  readonly setAside: SetAside = (kind, id, why) => {
    this.#setAside += 1;
    this.#counted(kind);
    const nowMs = this.#clock.nowMs();
    if (nowMs - (this.#loggedAtMs.get(kind) ?? Number.NEGATIVE_INFINITY) < LOG_INTERVAL_MS) return;
    this.#loggedAtMs.set(kind, nowMs);
    const shownWhy = why.slice(0, MAX_WHY_CHARACTERS);
    this.#log.warn({ kind, id, why: shownWhy }, 'a record was set aside');
  };

  #recent(nowMs: number) {
    const failing = this.#failing;
    return failing !== undefined && nowMs - failing.lastAtMs < FORGOTTEN_AFTER_MS
      ? failing
      : undefined;
  }
}
