/**
 * A day of a thousand people with budgets through the accounting of proxies: their own code and a real Redis,
 * by a clock that the bench advances. No endpoint is called.
 */
import { tmpdir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { DAY_MS, HOUR_MS, MIB, MINUTE_MS } from '@zephyr/contract/units';
import type { Clock, Timer } from '@zephyr/runtime/clock';
import { createLogger } from '@zephyr/runtime/logger';
import { createRedis } from '@zephyr/runtime/redis/client';
import { keys } from '@zephyr/runtime/redis/keys';
import { readUsage } from '@zephyr/runtime/redis/usage-store';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { PeopleLimits } from '../../services/proxy/src/people-limits/people-limits.ts';
import { Accounting } from '../../services/proxy/src/usage/accounting.ts';
import { UsageWriter } from '../../services/proxy/src/usage/usage-writer.ts';

import { type Asked, CLIENTS, PEOPLE, People, TEAMS } from './people.ts';

type Redis = ReturnType<typeof createRedis>;
/** Provides a Redis while the function runs. */
export type WithRedis = (act: (redis: Redis, url: string) => Promise<void>) => Promise<void>;

const SEED = 17;
const STEP_MS = 150;
const POLL_MS = 6 * HOUR_MS;
/** The hour with the most requests. */
const BUSY_HOUR = 15;
const log = createLogger('bench', 'silent');

/** Knows when its writer is only waiting: shorter timers are Redis timeouts. */
class WriterClock implements Clock {
  readonly #clock: ManualClock;
  readonly #waits = new Set<object>();
  #onWait: () => void = () => undefined;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  epochMs(): number {
    return this.#clock.epochMs();
  }

  setTimer(act: () => void, delayMs: number): Timer {
    const timer = this.#clock.setTimer(() => {
      this.#waits.delete(timer);
      act();
    }, delayMs);
    if (delayMs >= MIN_WAIT_MS) this.#waits.add(timer);
    this.#onWait();
    return timer;
  }

  clearTimer(timer: Timer | undefined): void {
    if (timer !== undefined) this.#waits.delete(timer);
    this.#clock.clearTimer(timer);
  }

  async whenWaiting(): Promise<void> {
    while (this.#waits.size === 0) {
      await new Promise<void>((resolve) => {
        this.#onWait = resolve;
      });
    }
  }
}
/** A writer waits 450 or 700 ms for its next turn, and 250 for a reply from Redis. */
const MIN_WAIT_MS = 400;

class SimulatedProxy {
  readonly #limits: PeopleLimits;
  readonly #accounting: Accounting;
  readonly #writer: UsageWriter;
  readonly #clock: WriterClock;
  #number = 0;

  constructor(
    id: string,
    url: string,
    { clock, hasLimits }: { clock: ManualClock; hasLimits: boolean },
  ) {
    this.#clock = new WriterClock(clock);
    const config = {
      clients: hasLimits ? CLIENTS : [],
      teams: hasLimits ? TEAMS : [],
      clientDefaults: hasLimits ? { budgetUsdPerDay: 1_000, requestsPerMinute: 600 } : {},
    };
    this.#limits = new PeopleLimits(config, { proxyId: id, clock });
    this.#writer = new UsageWriter({
      ...{ proxyId: id, clock: this.#clock, log, limits: this.#limits },
      redis: createRedis({ url }, log, 'command'),
      place: { folder: tmpdir, system: 'bench-day' },
      onRows: () => undefined,
      onWrite: () => undefined,
    });
    const known = { endpoints: [], prices: [] };
    this.#accounting = new Accounting({
      ...{ clock, config: () => known, incarnation: () => 'bench' },
      note: (record, model) => {
        this.#writer.note(record, model);
        this.#limits.used(record);
      },
    });
  }

  start(): Promise<void> {
    return this.#writer.start();
  }

  stop(): Promise<void> {
    return this.#writer.stop();
  }

  /** Resolves when the writer has done everything due. */
  settled(): Promise<void> {
    return this.#clock.whenWaiting();
  }

  /** @returns whether it is admitted */
  begin({ person }: Asked): boolean {
    if (this.#limits.over(person) !== undefined) return false;
    this.#limits.began(person);
    return true;
  }

  end({ person, endpoint, model, sessionId, usage, durationMs, isGood }: Asked): void {
    this.#limits.ended(person);
    this.#number += 1;
    this.#accounting.finished({
      ...{
        id: `zephyr_${String(this.#number).padStart(24, '0')}`,
        person,
        model,
        sessionId,
      },
      ...{ operation: 'messages', outcome: isGood ? 'ok' : 'cut', isCharged: true, usage },
      attempts: [{ endpoint, failure: null, isBillable: false }],
      answeredModel: model,
      endpointRequestId: `req_${'0'.repeat(24)}`,
      ...{ ttftMs: 1_500, durationMs },
    });
  }
}

interface Figures {
  readonly requests: number;
  readonly refused: number;
  readonly tokens: number;
  readonly writesPerSecond: number;
  readonly redisBusy: number;
  readonly bytesPerSecond: number;
  readonly wallSeconds: number;
  /** One per sample. */
  readonly redisBytes: readonly number[];
  readonly heapBytes: readonly number[];
}

interface Setting {
  readonly proxies: number;
  readonly hasLimits: boolean;
}

class Day {
  readonly #clock = new ManualClock();
  readonly #beganAtMs = this.#clock.epochMs();
  readonly #people = new People(SEED);
  readonly #proxies: readonly SimulatedProxy[];
  readonly #redis: Redis;
  /** Request ends, by step. */
  readonly #ends = new Map<number, (() => void)[]>();
  #requests = 0;
  #refused = 0;
  #tokens = 0;

  constructor(redis: Redis, url: string, { proxies, hasLimits }: Setting) {
    this.#redis = redis;
    const about = { clock: this.#clock, hasLimits };
    this.#proxies = Array.from(
      { length: proxies },
      (_, index) => new SimulatedProxy(`proxy-${index}`, url, about),
    );
  }

  async run(fromMs: number, untilMs: number): Promise<Figures> {
    this.#clock.advance(fromMs);
    await Promise.all(this.#proxies.map((proxy) => proxy.start()));
    const startedAtMs = performance.now();
    await this.#redis.config('RESETSTAT');
    const [redisBytes, heapBytes]: [number[], number[]] = [[], []];
    const look = async (): Promise<void> => {
      redisBytes.push(figure(await this.#redis.info('memory'), /^used_memory:(\d+)/m));
      heapBytes.push(heapUsed());
    };
    await look();
    for (let atMs = fromMs; atMs < untilMs; atMs += STEP_MS) {
      await this.#step(atMs);
      if ((atMs + STEP_MS - fromMs) % POLL_MS === 0) await look();
    }
    const info = await this.#redis.info('all');
    const simulatedSeconds = (untilMs - fromMs) / 1_000;
    await this.#finish();
    return {
      ...{ requests: this.#requests, refused: this.#refused, tokens: this.#tokens },
      ...{ redisBytes, heapBytes, wallSeconds: (performance.now() - startedAtMs) / 1_000 },
      writesPerSecond: writesIn(info) / simulatedSeconds / this.#proxies.length,
      redisBusy: figure(info, /^cmdstat_evalsha:.*?usec=(\d+)/m) / 1e6 / simulatedSeconds,
      bytesPerSecond:
        (figure(info, /^total_net_input_bytes:(\d+)/m) +
          figure(info, /^total_net_output_bytes:(\d+)/m)) /
        simulatedSeconds,
    };
  }

  async #step(atMs: number): Promise<void> {
    for (const asked of this.#people.within(STEP_MS, atMs)) {
      const proxy = this.#proxies[Math.floor(asked.where * this.#proxies.length)];
      if (proxy?.begin(asked) !== true) {
        this.#refused += 1;
        continue;
      }
      this.#requests += 1;
      const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = asked.usage;
      this.#tokens += inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
      const step = Math.floor((atMs + asked.durationMs) / STEP_MS) + 1;
      this.#ends.set(step, [...(this.#ends.get(step) ?? []), () => proxy.end(asked)]);
    }
    const step = Math.floor(atMs / STEP_MS);
    for (const end of this.#ends.get(step) ?? []) end();
    this.#ends.delete(step);
    this.#clock.advance(STEP_MS);
    await Promise.all(this.#proxies.map((proxy) => proxy.settled()));
    // They live for two minutes of Redis time, which is hours here.
    if (atMs % MINUTE_MS === 0) await this.#redis.unlink(...this.#oldShares(atMs));
  }

  #oldShares(atMs: number): string[] {
    const minuteAtMs = this.#beganAtMs + atMs - 180_000;
    return [keys.usageMinute(new Date(minuteAtMs).toISOString().slice(0, 16))];
  }

  async #finish(): Promise<void> {
    for (const ends of this.#ends.values()) for (const end of ends) end();
    await Promise.all(this.#proxies.map((proxy) => proxy.stop()));
  }

  /** The day's ledger: how much of it by person, and how much also by endpoint and model. */
  async ledger(): Promise<{ requests: number; tokens: number; named: number; whole: number }> {
    const range = { sinceAtMs: this.#beganAtMs, untilAtMs: this.#beganAtMs + 2 * DAY_MS };
    const { rows } = await readUsage(this.#redis, { ...range, unit: 'day' });
    let [requests, tokens, named, whole] = [0, 0, 0, 0];
    for (const { person, model, counts } of rows) {
      requests += counts.requests;
      if (person !== 'other') named += counts.requests;
      if (model !== 'other') whole += counts.requests;
      tokens += counts.inputTokens + counts.outputTokens + counts.cacheReadTokens;
      tokens += counts.cacheWrite5mTokens + counts.cacheWrite1hTokens;
    }
    return { requests, tokens, named, whole };
  }
}

/** As Markdown. */
export async function dayText(withRedis: WithRedis): Promise<string> {
  let whole: { figures: Figures; ledger: Awaited<ReturnType<Day['ledger']>> } | undefined;
  await withRedis(async (redis, url) => {
    const day = new Day(redis, url, { proxies: 1, hasLimits: true });
    const figures = await day.run(0, DAY_MS);
    whole = { figures, ledger: await day.ledger() };
  });
  const [busy, without] = await Promise.all([
    busyHour(withRedis, true),
    busyHour(withRedis, false),
  ]);
  if (whole === undefined) throw new Error('no figures');
  const { figures, ledger } = whole;
  const mib = (all: readonly number[]): string =>
    all.map((bytes) => (bytes / MIB).toFixed(1)).join(' | ');
  const isExact = ledger.requests === figures.requests && ledger.tokens === figures.tokens;
  return [
    `${PEOPLE.toLocaleString('en')} people with budgets, a proxy, 24 hours by a simulated clock, ${figures.requests.toLocaleString('en')} requests, seed ${SEED}:`,
    '',
    '| MiB | at the start | 6 hours | 12 hours | 18 hours | 24 hours |',
    '|---|---|---|---|---|---|',
    `| memory of Redis | ${mib(figures.redisBytes)} |`,
    `| heap of the proxy's accounting, with the simulation | ${mib(figures.heapBytes)} |`,
    '',
    `- The ledger has ${isExact ? 'every request and every token' : `${ledger.requests} requests and ${ledger.tokens} tokens of ${figures.tokens}: NOT THE SAME`}; ${((100 * ledger.named) / ledger.requests).toFixed(0)} % of the requests are under their person's name, ${((100 * ledger.whole) / ledger.requests).toFixed(0)} % with endpoint and model.`,
    `- With two proxies, each writes ${(busy.writesPerSecond / 2).toFixed(1)} times a second in the busiest hour, and shares its limits as often; without limits it writes ${without.writesPerSecond.toFixed(1)} times.`,
    `- In that hour they keep Redis busy for ${(100 * busy.redisBusy).toFixed(1)} % of a core and move ${(busy.bytesPerSecond / 1024).toFixed(0)} KiB a second, because each reads what all people have spent; without limits ${(100 * without.redisBusy).toFixed(2)} % and ${(without.bytesPerSecond / 1024).toFixed(0)} KiB.`,
  ].join('\n');
}

async function busyHour(withRedis: WithRedis, hasLimits: boolean): Promise<Figures> {
  let figures: Figures | undefined;
  await withRedis(async (redis, url) => {
    const from = BUSY_HOUR * HOUR_MS;
    figures = await new Day(redis, url, { proxies: 2, hasLimits }).run(from, from + HOUR_MS);
  });
  if (figures === undefined) throw new Error('no figures');
  return figures;
}

function writesIn(info: string): number {
  return figure(info, /^cmdstat_evalsha:calls=(\d+)/m) + figure(info, /^cmdstat_eval:calls=(\d+)/m);
}

/** 0 if missing. */
function figure(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
