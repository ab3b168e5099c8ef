/** A peer in front of the endpoint of the cost rows: with a time limit on everything it does. */
import { cpuMs, rssBytes } from '../../services/proxy/bench/load.ts';

import type { Peer, RunningPeer } from './peer.ts';
import type { Cell } from './table.ts';

export type Say = (line: string) => void;

export class Entrant {
  readonly name: string;
  readonly #peer: Peer;
  readonly #url: string;
  #running: RunningPeer | undefined;
  /** Otherwise it would take minutes in each row. */
  #isOut = false;

  constructor(peer: Peer, url: string) {
    this.name = peer.name;
    this.#peer = peer;
    this.#url = url;
  }

  /** @throws if it is not running */
  get running(): RunningPeer {
    if (this.#running === undefined) throw new Error('does not start');
    return this.#running;
  }

  /** Whether it is a separate program, whose CPU and memory are its cost. */
  get isBetween(): boolean {
    return this.#running === undefined || this.#running.pids().length > 0;
  }

  get cpuMs(): number {
    return this.running.pids().reduce((sum, pid) => sum + cpuMs(pid), 0);
  }

  get memoryMiB(): number {
    return this.running.pids().reduce((sum, pid) => sum + rssBytes(pid), 0) / 1024 / 1024;
  }

  async start(say: Say): Promise<void> {
    if (this.#isOut) return;
    try {
      this.#running = await this.#peer.start([this.#url]);
    } catch (error) {
      this.#isOut = true;
      say(`${this.name} does not start: ${textOf(error)}`);
    }
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  /**
   * The cell of a measurement. A peer that fails or takes too long is a result too: it is then replaced by a
   * fresh one, because any leftover work would be measured with the others.
   */
  async cell(timeoutMs: number, measure: () => Promise<Cell>, say: Say): Promise<Cell> {
    try {
      return await within(timeoutMs, measure());
    } catch (error) {
      await this.stop();
      await this.start(say);
      return { text: `failed (${textOf(error)})` };
    }
  }
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const failure = new Error(`not done in ${timeoutMs / 1_000} s`);
    timer = setTimeout(() => reject(failure), timeoutMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
