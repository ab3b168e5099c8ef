/** `GET /events`: the state, then every change, as server-sent events. */

import type { ApiLogEntry, ApiSample, ApiStream } from '@zephyr/contract/api/api-history';
import { QUERIES } from '@zephyr/contract/api/api-query';
import { SIGN_OF_LIFE_MS } from '@zephyr/contract/api/stream-timing';
import { MIB } from '@zephyr/contract/units';
import type { RequestRecord } from '@zephyr/contract/usage/usage';
import { actEvery, type Clock, isWithin, type Timer } from '@zephyr/runtime/clock';
import { EventStream } from '@zephyr/runtime/http/event-stream';
import type { Logger } from '@zephyr/runtime/logger';
import type { RequestHandler } from 'express';
import type { Redis } from 'ioredis';

import type { CurrentState } from '../view/current-state.ts';
import { type History, readHistory, readLogAfter } from './history.ts';
import { ProblemError } from './problem-error.ts';
import { FOLLOWING_TIMEOUT_MS, type Tail } from './stream-follower.ts';

/** Interval between two states: at most two a second. */
const STATE_INTERVAL_MS = 500;
/** A client that does not read is disconnected; it will reconnect. */
const MAX_UNREAD_BYTES = 4 * MIB;
const MAX_STREAMS = 200;

export interface EventDeps {
  readonly redis: Redis;
  readonly current: CurrentState;
  readonly tail: Tail;
  readonly log: Logger;
  readonly clock: Clock;
}

export function streamEvents(deps: EventDeps): RequestHandler {
  let open = 0;
  return async (req, res) => {
    const query = QUERIES.events.safeParse(req.query);
    if (!query.success) throw new ProblemError('invalid_query', 'requests takes true or false');
    if (open >= MAX_STREAMS) {
      throw new ProblemError('too_many_streams', `${MAX_STREAMS} are open here`);
    }
    open += 1;
    res.on('close', () => {
      open -= 1;
    });
    const stream = new EventStream(res, { maxUnreadBytes: MAX_UNREAD_BYTES });
    const feed = new EventFeed(stream, deps);
    if (query.data.requests === true) feed.addRequests();
    await feed.start(req.get('last-event-id'));
  };
}

/** The event stream of one client. */
class EventFeed {
  readonly #stream: EventStream;
  readonly #deps: EventDeps;
  #stateAtMs = Number.NEGATIVE_INFINITY;
  #planned: Timer | undefined;

  constructor(stream: EventStream, deps: EventDeps) {
    this.#stream = stream;
    this.#deps = deps;
  }

  addRequests(): void {
    const { events } = this.#deps.tail;
    const listener = (record: RequestRecord) => this.#send('request', record);
    events.on('request', listener);
    this.#stream.onClose(() => events.off('request', listener));
  }

  async start(lastEventId: string | undefined): Promise<void> {
    this.#sendState();
    const { current, tail, clock } = this.#deps;
    // Entries that arrive while the past is being read are queued behind it.
    const waiting: (ApiLogEntry | ApiSample)[] = [];
    let onLog = (entry: ApiLogEntry): void => void waiting.push(entry);
    let onSample = (sample: ApiSample): void => void waiting.push(sample);
    const logListener = (entry: ApiLogEntry) => onLog(entry);
    const sampleListener = (sample: ApiSample) => onSample(sample);
    tail.events.on('log', logListener);
    tail.events.on('sample', sampleListener);
    const following = tail.follow();
    const stopListening = current.onChange(() => this.#planState());
    const endLife = actEvery(clock, SIGN_OF_LIFE_MS, () => this.#sendState());
    this.#stream.onClose(() => {
      tail.events.off('log', logListener);
      tail.events.off('sample', sampleListener);
      following.end();
      stopListening();
      endLife();
      clock.clearTimer(this.#planned);
    });

    // The past is read at least up to where the tail began.
    await isWithin(clock, FOLLOWING_TIMEOUT_MS, following.started);
    const lastId = await this.#sendPast(lastEventId);
    onLog = (entry) => {
      if (isAfter(entry.id, lastId)) this.#send('log', entry, entry.id);
    };
    onSample = (sample) => this.#send('sample', sample);
    for (const entry of waiting) 'id' in entry ? onLog(entry) : onSample(entry);
  }

  /** Returns the id of the last log entry that was sent. */
  async #sendPast(lastEventId: string | undefined): Promise<string> {
    try {
      const missed =
        lastEventId === undefined ? undefined : await readLogAfter(this.#deps, lastEventId);
      if (missed !== undefined) {
        for (const entry of missed) this.#send('log', entry, entry.id);
        return missed.at(-1)?.id ?? lastEventId ?? '0-0';
      }
      const history: History = await readHistory(this.#deps);
      const lastId = history.log.at(-1)?.id;
      this.#send('history', history, lastId);
      return lastId ?? '0-0';
    } catch (error) {
      this.#deps.log.debug({ err: error }, 'an event stream starts without its history');
      return '0-0';
    }
  }

  #planState(): void {
    const { clock } = this.#deps;
    const waitMs = this.#stateAtMs + STATE_INTERVAL_MS - clock.nowMs();
    this.#planned ??= clock.setTimer(() => this.#sendState(), Math.max(0, waitMs));
  }

  #sendState(): void {
    const { clock, current } = this.#deps;
    clock.clearTimer(this.#planned);
    this.#planned = undefined;
    this.#stateAtMs = clock.nowMs();
    const state = current.state();
    if (state !== undefined) this.#send('state', state);
  }

  #send<Event extends keyof ApiStream>(event: Event, data: ApiStream[Event], id?: string): void {
    this.#stream.send({ event, data, id });
  }
}

/** Stream ids are two numbers. */
function isAfter(id: string, other: string): boolean {
  const [ms = 0, count = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherCount = 0] = other.split('-').map(Number);
  return ms > otherMs || (ms === otherMs && count > otherCount);
}
