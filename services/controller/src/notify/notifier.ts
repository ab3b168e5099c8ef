/** Notifies people of committed effects. Never blocks the leader. */
import type { Effect, World } from '@zephyr/core';
import type { Timer } from '@zephyr/runtime/clock';
import type { LoadedConfig } from '@zephyr/runtime/config/config';
import type { NotifyTarget } from '@zephyr/runtime/config/resolve/notify-target';
import type { NotifyMessage } from '@zephyr/runtime/notify/message';
import { nameOf, notificationText } from '@zephyr/texts';
import { HOURLY_LIMIT } from './hourly-limit.ts';
import { occurrencesIn } from './occurrences.ts';
import { Receiver, type ReceiverDeps } from './receiver.ts';
import {
  nextDueAtMs,
  type Outgoing,
  type RepeatStep,
  type Repeats,
  withOccurrence,
  withTimePassed,
} from './repeats.ts';

export interface NotifierDeps extends ReceiverDeps {
  /** The configuration in use. */
  readonly loaded: () => Pick<LoadedConfig, 'config' | 'secrets'>;
}

export class Notifier {
  readonly #deps: NotifierDeps;
  /** Keyed by everything that identifies a target. */
  readonly #receivers = new Map<string, Receiver>();
  #repeats: Repeats = new Map();
  #timer: Timer | undefined;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
  }

  /** @param before the state before the batch that caused these effects */
  committed(effects: readonly Effect[], before: Pick<World, 'endpoints'>): void {
    const { clock } = this.#deps;
    for (const occurrence of occurrencesIn(effects, before, clock.epochMs())) {
      this.#take(withOccurrence(this.#repeats, occurrence, clock.nowMs()));
    }
  }

  /** Targets that are no longer configured get no more messages. */
  configChanged(): void {
    const keys = new Set(this.#deps.loaded().secrets.notifyTargets.map(keyOf));
    for (const [key, receiver] of this.#receivers) {
      if (keys.has(key)) continue;
      receiver.stop();
      this.#receivers.delete(key);
    }
  }

  stop(): void {
    this.#deps.clock.clearTimer(this.#timer);
    for (const receiver of this.#receivers.values()) receiver.stop();
  }

  #take({ repeats, outgoing }: RepeatStep): void {
    const { clock } = this.#deps;
    this.#repeats = repeats;
    for (const one of outgoing) this.#send(one);
    clock.clearTimer(this.#timer);
    const dueAtMs = nextDueAtMs(repeats);
    this.#timer =
      dueAtMs === undefined
        ? undefined
        : clock.setTimer(
            () => this.#take(withTimePassed(this.#repeats, clock.nowMs())),
            Math.max(0, Math.ceil(dueAtMs - clock.nowMs())),
          );
  }

  #send(outgoing: Outgoing): void {
    const { secrets } = this.#deps.loaded();
    for (const target of secrets.notifyTargets) {
      if (!target.events.includes(outgoing.occurrence.event)) continue;
      this.#receiverOf(target).offer(outgoing.occurrence.event, (count) =>
        this.#messageOf(outgoing, count),
      );
    }
  }

  #messageOf({ occurrence, more, isLate }: Outgoing, count: number): NotifyMessage {
    const { event, subject, fact, atMs } = occurrence;
    const { config } = this.#deps.loaded();
    const leftOut = { count, limit: HOURLY_LIMIT };
    const { language } = config.ui;
    return {
      ...{ event, atMs },
      ...(subject === '' ? {} : { about: nameOf(config, subject) }),
      text: notificationText({ fact, atMs, isLate, more, leftOut }, config, language),
    };
  }

  #receiverOf(target: NotifyTarget): Receiver {
    const key = keyOf(target);
    const receiver = this.#receivers.get(key) ?? new Receiver(target, this.#deps);
    this.#receivers.set(key, receiver);
    return receiver;
  }
}

/** In memory only: it contains the secrets. */
function keyOf(target: NotifyTarget): string {
  if (target.kind === 'email') {
    return JSON.stringify([target, target.server.login?.password.reveal()]);
  }
  const { kind, url, signingSecret, chatId, events, proxy } = target;
  const secrets = [url, signingSecret, proxy?.credentials].map((secret) => secret?.reveal());
  return JSON.stringify([kind, chatId, events, proxy?.url, ...secrets]);
}
