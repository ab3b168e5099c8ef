/** The logs of all services: no secrets, no unexpected errors, no exits that we did not cause. */
import type { Secrets } from './secrets.ts';

const MAX_LINES = 400;
/** pino's level. */
const ERROR = 50;
const FATAL = 60;
const UNEXPECTED =
  /uncaught|unhandled|Warning:|TypeError|RangeError|ReferenceError|AssertionError/i;

export class Logs {
  readonly #secrets: Secrets;
  readonly #last: string[] = [];
  readonly #unexpected: string[] = [];
  #ours: ReadonlySet<number> = new Set();
  #ends = 0;
  #lines = 0;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  get lines(): number {
    return this.#lines;
  }

  /** @param ours processes stopped by the soak */
  expectEndsOf(ours: ReadonlySet<number>): void {
    this.#ours = ours;
  }

  add(service: string, line: string): void {
    this.#lines += 1;
    this.#secrets.search(`the log of ${service}`, line);
    this.#last.push(`${service}: ${line}`);
    if (this.#last.length > MAX_LINES) this.#last.shift();
    if (/^ended with .*; starting it again/.test(line)) this.#ends += 1;
    else if (isUnexpected(line)) this.#unexpected.push(`${service}: ${line.slice(0, 1_000)}`);
  }

  tail(): string {
    return this.#last.slice(-100).join('\n');
  }

  get violations(): readonly string[] {
    const more = this.#ends - this.#ours.size;
    return [
      ...this.#unexpected,
      ...(more > 0 ? [`${more} services ended by themselves:\n${this.tail()}`] : []),
    ];
  }
}

/** An error logged with a stack was not anticipated; others have a message. */
function isUnexpected(line: string): boolean {
  try {
    const { level, err } = JSON.parse(line) as { level?: number; err?: unknown };
    if (level === undefined || level < ERROR) return false;
    return level >= FATAL || err !== undefined || UNEXPECTED.test(line);
  } catch {
    return UNEXPECTED.test(line);
  }
}
